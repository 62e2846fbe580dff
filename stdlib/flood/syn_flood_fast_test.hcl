test "the hundredth SYN fires" {
  packets {
    count = 100
    every = "10ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    count = 100
    start = "5ms"
    every = "10ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "R"
    }
  }
  alert "syn_flood_fast" {
    count = 1
    key   = { "ip.src" = "198.51.100.7" }
    at    = "990ms"
  }
}

test "99 SYN stay quiet" {
  packets {
    count = 99
    every = "10ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    count = 99
    start = "5ms"
    every = "10ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "R"
    }
  }
  quiet = true
}

test "a SYN exactly 1 s ago no longer counts" {
  packets {
    count = 99
    every = "10ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    count = 99
    start = "5ms"
    every = "10ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "R"
    }
  }
  packets {
    start = "1s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  quiet = true
}

test "a SYN just under 1 s ago counts" {
  packets {
    count = 99
    every = "10ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    count = 99
    start = "5ms"
    every = "10ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "R"
    }
  }
  packets {
    start = "999ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  alert "syn_flood_fast" {
    count = 1
    at    = "999ms"
  }
}

test "99 SYN and their answers stay quiet" {
  packets {
    count = 99
    every = "10ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    count = 99
    start = "1ms"
    every = "10ms"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 80
      dstport = 40000 + i
      flags   = "SA"
    }
  }
  packets {
    count = 99
    start = "5ms"
    every = "10ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "R"
    }
  }
  quiet = true
}

test "a steady 100 a second is found although a second never holds more" {
  packets {
    count = 150
    every = "10ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    count = 150
    start = "5ms"
    every = "10ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "R"
    }
  }
  alert "syn_flood_fast" {
    count = 1
    at    = "990ms"
  }
}

test "IPv6" {
  packets {
    count = 100
    every = "10ms"
    tcp {
      src     = "2001:db8:7::1"
      dst     = "2001:db8::10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    count = 100
    start = "5ms"
    every = "10ms"
    tcp {
      src     = "2001:db8:7::1"
      dst     = "2001:db8::10"
      srcport = 40000 + i
      dstport = 80
      flags   = "R"
    }
  }
  alert "syn_flood_fast" {
    count = 1
    key   = { "ip.src" = "2001:db8:7::1" }
    at    = "990ms"
  }
}

test "hping3 -S" {
  pcap = "../../testdata/pcap/hping3-syn-flood.pcap"
  alert "syn_flood_fast" {
    key = { "ip.src" = "198.51.100.8" }
  }
  alert "syn_flood" {
    key = { "ip.src" = "198.51.100.8" }
  }
}
