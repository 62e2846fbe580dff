test "NAME fires" {
  packets {
    count = 3
    every = "1s"
    tcp {
      src     = "10.0.0.30"
      dst     = "10.0.1.${i}"
      dstport = PORT
      flags   = "S"
    }
  }
  alert "NAME" {
    count = 1
    key   = { "ip.src" = "10.0.0.30" }
  }
}

test "one host less stays quiet" {
  packets {
    count = 2
    every = "1s"
    tcp {
      src     = "10.0.0.30"
      dst     = "10.0.1.${i}"
      dstport = PORT
      flags   = "S"
    }
  }
  quiet = true
}
