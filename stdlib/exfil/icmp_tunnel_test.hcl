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

test "what came just under 60 s before counts" {
  packets {
    count = 81
    every = "500ms"
    icmp {
      src     = "192.168.1.20"
      dst     = "203.0.113.9"
      payload = 1192
    }
  }
  packets {
    start = "59062500us"
    icmp {
      src     = "192.168.1.20"
      dst     = "203.0.113.9"
      payload = 1192
    }
  }
  others = "allow"
  alert "icmp_tunnel" {
    count = 1
  }
}

test "what came 60 s before no longer counts" {
  packets {
    count = 81
    every = "500ms"
    icmp {
      src     = "192.168.1.20"
      dst     = "203.0.113.9"
      payload = 1192
    }
  }
  packets {
    start = "60937500us"
    icmp {
      src     = "192.168.1.20"
      dst     = "203.0.113.9"
      payload = 1192
    }
  }
  others = "allow"
  alert "icmp_tunnel" {
    count = 0
  }
}

test "seventy large pings fire" {
  packets {
    count = 70
    every = "500ms"
    icmp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      payload = 1401
    }
  }
  others = "allow"
  alert "icmp_tunnel" {
    count = 1
  }
}

test "69 large pings stay quiet" {
  packets {
    count = 69
    every = "500ms"
    icmp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      payload = 1450
    }
  }
  others = "allow"
  alert "icmp_tunnel" {
    count = 0
  }
}

test "thirty pings with other bytes behind the time fire" {
  packets {
    count = 30
    every = "1s"
    icmp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      payload = "${repeat("t", 16)}${format("%016d", i)}"
    }
  }
  others = "allow"
  alert "icmp_tunnel" {
    count = 1
  }
}

test "pings that differ in the first 16 bytes, or behind the 32nd, alone stay quiet" {
  packets {
    count = 40
    every = "1s"
    icmp {
      src     = "198.51.100.8"
      dst     = "192.0.2.10"
      payload = "${format("%016d", i)}${repeat("a", 16)}"
    }
  }
  packets {
    count = 40
    every = "1s"
    icmp {
      src     = "198.51.100.9"
      dst     = "192.0.2.10"
      payload = "${repeat("a", 32)}${format("%016d", i)}"
    }
  }
  others = "allow"
  alert "icmp_tunnel" {
    count = 0
  }
}

test "the 17th and the 32nd byte count" {
  packets {
    count = 30
    every = "1s"
    icmp {
      src     = "198.51.100.8"
      dst     = "192.0.2.10"
      payload = "${repeat("t", 16)}${substr("abcdefghijklmnopqrstuvwxyz0123456789", i, 1)}${repeat("a", 15)}"
    }
  }
  packets {
    count = 30
    every = "1s"
    icmp {
      src     = "198.51.100.9"
      dst     = "192.0.2.10"
      payload = "${repeat("t", 31)}${substr("abcdefghijklmnopqrstuvwxyz0123456789", i, 1)}"
    }
  }
  others = "allow"
  alert "icmp_tunnel" {
    count = 2
  }
}
