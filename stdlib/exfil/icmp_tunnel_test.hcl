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

test "thirty pings of one size with other bytes each fire" {
  packets {
    count = 30
    every = "1s"
    icmp {
      src     = "192.168.1.20"
      dst     = "203.0.113.9"
      payload = "0123456789abcdef${format("%016d", 7919 * i)}${format("%024d", 1)}"
    }
  }
  alert "icmp_tunnel" {
    count = 1
    at    = "29s"
  }
}

test "pings with the time in their first bytes stay quiet" {
  packets {
    count = 300
    every = "200ms"
    icmp {
      src     = "192.168.1.20"
      dst     = "203.0.113.9"
      payload = "${format("%016d", 7919 * i)}ghijklmnopqrstuvwabcdefghi${1 + i % 9}"
    }
  }
  quiet = true
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
