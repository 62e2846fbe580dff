test "the tenth redirect fires" {
  packets {
    count = 10
    every = "5s"
    icmp {
      src  = "10.0.0.1"
      dst  = "10.0.0.30"
      type = 5
      code = 1
    }
  }
  alert "icmp_redirects" {
    count = 1
    key   = { "ip.src" = "10.0.0.1", "ip.dst" = "10.0.0.30" }
    at    = "45s"
  }
}

test "nine redirects stay quiet" {
  packets {
    count = 9
    every = "5s"
    icmp {
      src  = "10.0.0.1"
      dst  = "10.0.0.30"
      type = 5
      code = 1
    }
  }
  quiet = true
}
