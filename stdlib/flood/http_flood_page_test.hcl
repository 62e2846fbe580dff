test "the hundredth request with a made-up query fires" {
  packets {
    count = 100
    every = "90ms"
    http {
      src     = "198.51.100.8"
      dst     = "10.0.0.10"
      srcport = 1024 + i
      uri     = "/?q=${i}"
    }
  }
  others = "allow"
  alert "http_flood_page" {
    count = 1
    key   = { "ip.src" = "198.51.100.8", "ip.dst" = "10.0.0.10" }
  }
}

test "99 stay quiet" {
  packets {
    count = 99
    every = "90ms"
    http {
      src     = "198.51.100.8"
      dst     = "10.0.0.10"
      srcport = 1024 + i
      uri     = "/"
    }
  }
  others = "allow"
  alert "http_flood_page" {
    count = 0
  }
}

test "other pages stay quiet" {
  packets {
    count = 300
    every = "30ms"
    http {
      src     = "198.51.100.8"
      dst     = "10.0.0.10"
      srcport = 1024 + i
      uri     = "/api/orders/${i}"
    }
  }
  others = "allow"
  alert "http_flood_page" {
    count = 0
  }
}
