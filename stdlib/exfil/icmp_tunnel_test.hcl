test "a hundred kilobytes of large pings fire" {
  packets {
    count = 82
    every = "500ms"
    icmp {
      src     = "192.168.1.20"
      dst     = "203.0.113.9"
      payload = 1192
    }
  }
  alert "icmp_tunnel" {
    count = 1
    key   = { "ip.src" = "192.168.1.20", "ip.dst" = "203.0.113.9" }
    at    = "40500ms"
  }
}

test "twelve sizes fire" {
  packets {
    count = 12
    every = "1s"
    icmp {
      src     = "192.168.1.20"
      dst     = "203.0.113.9"
      payload = 56 + i
    }
  }
  alert "icmp_tunnel" {
    count = 1
    at    = "11s"
  }
}

test "a ping a second stays quiet" {
  packets {
    count = 300
    every = "1s"
    icmp {
      src     = "192.168.1.20"
      dst     = "203.0.113.9"
      payload = 56
    }
  }
  quiet = true
}

test "eleven sizes stay quiet" {
  packets {
    count = 55
    every = "1s"
    icmp {
      src     = "192.168.1.20"
      dst     = "203.0.113.9"
      payload = 56 + i % 11
    }
  }
  quiet = true
}
