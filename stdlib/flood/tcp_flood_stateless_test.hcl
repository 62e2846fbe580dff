test "the thousandth RST fires" {
  packets {
    count = 1000
    every = "4ms"
    tcp {
      src     = "198.51.100.${i % 250 + 1}"
      dst     = "192.0.2.80"
      srcport = 2000 + i
      dstport = 80
      flags   = "R"
    }
  }
  others = "allow"
  alert "tcp_flood_stateless" {
    count = 1
    key   = { "ip.dst" = "192.0.2.80" }
    at    = "3.996s"
  }
}

test "the thousandth packet with FIN, PSH and URG fires" {
  packets {
    count = 1000
    every = "4ms"
    tcp {
      src     = "198.51.100.${i % 250 + 1}"
      dst     = "192.0.2.80"
      srcport = 2000 + i
      dstport = 443
      flags   = "FPU"
    }
  }
  others = "allow"
  alert "tcp_flood_stateless" {
    count = 1
    at    = "3.996s"
  }
}

test "999 are not one" {
  packets {
    count = 999
    every = "4ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.80"
      srcport = 2000 + i
      dstport = 80
      flags   = "R"
    }
  }
  others = "allow"
  alert "tcp_flood_stateless" {
    count = 0
  }
}

test "resets that follow SYNs are a SYN flood" {
  packets {
    count = 1200
    every = "4ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.80"
      srcport = 2000 + i
      dstport = 80
    }
  }
  packets {
    count = 1200
    start = "1ms"
    every = "4ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.80"
      srcport = 2000 + i
      dstport = 80
      flags   = "R"
      seq     = 1
    }
  }
  others = "allow"
  alert "tcp_flood_stateless" {
    count = 0
  }
}

test "a recording of the lab" {
  pcap = "../../testdata/pcap/hping3-rst-flood.pcap.gz"
  alert "tcp_flood_stateless" {
    count = 1
    key   = { "ip.dst" = "10.0.0.10" }
  }
}

test "what came just under 5 s before counts" {
  packets {
    count = 999
    every = "4ms"
    tcp {
      src     = "198.51.100.${i % 250 + 1}"
      dst     = "192.0.2.80"
      srcport = 2000 + i
      dstport = 80
      flags   = "R"
    }
  }
  packets {
    start = "4999ms"
    tcp {
      src     = "198.51.100.250"
      dst     = "192.0.2.80"
      srcport = 2999
      dstport = 80
      flags   = "R"
    }
  }
  others = "allow"
  alert "tcp_flood_stateless" {
    count = 1
  }
}

test "what came 5 s before no longer counts" {
  packets {
    count = 999
    every = "4ms"
    tcp {
      src     = "198.51.100.${i % 250 + 1}"
      dst     = "192.0.2.80"
      srcport = 2000 + i
      dstport = 80
      flags   = "R"
    }
  }
  packets {
    start = "5s"
    tcp {
      src     = "198.51.100.250"
      dst     = "192.0.2.80"
      srcport = 2999
      dstport = 80
      flags   = "R"
    }
  }
  others = "allow"
  alert "tcp_flood_stateless" {
    count = 0
  }
}

test "RST, no flag, FIN alone, and FIN with PSH and URG fire" {
  packets {
    count = 1000
    every = "1ms"
    tcp {
      src     = "198.51.${floor(i / 250)}.${1 + i % 250}"
      dst     = "192.0.2.1"
      srcport = 40000 + i
      dstport = 80
      flags   = "R"
    }
  }
  packets {
    count = 1000
    every = "1ms"
    tcp {
      src     = "198.51.${floor(i / 250)}.${1 + i % 250}"
      dst     = "192.0.2.2"
      srcport = 40000 + i
      dstport = 80
      flags   = ""
    }
  }
  packets {
    count = 1000
    every = "1ms"
    tcp {
      src     = "198.51.${floor(i / 250)}.${1 + i % 250}"
      dst     = "192.0.2.3"
      srcport = 40000 + i
      dstport = 80
      flags   = "F"
    }
  }
  packets {
    count = 1000
    every = "1ms"
    tcp {
      src     = "198.51.${floor(i / 250)}.${1 + i % 250}"
      dst     = "192.0.2.4"
      srcport = 40000 + i
      dstport = 80
      flags   = "FPU"
    }
  }
  others = "allow"
  alert "tcp_flood_stateless" {
    count = 4
  }
}

test "what has SYN, ACK or other flags does not count" {
  packets {
    count = 1000
    every = "1ms"
    tcp {
      src     = "198.51.${floor(i / 250)}.${1 + i % 250}"
      dst     = "192.0.2.1"
      srcport = 40000 + i
      dstport = 80
      flags   = "RA"
    }
  }
  packets {
    count = 1000
    every = "1ms"
    tcp {
      src     = "198.51.${floor(i / 250)}.${1 + i % 250}"
      dst     = "192.0.2.2"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
    }
  }
  packets {
    count = 1000
    every = "1ms"
    tcp {
      src     = "198.51.${floor(i / 250)}.${1 + i % 250}"
      dst     = "192.0.2.3"
      srcport = 40000 + i
      dstport = 80
      flags   = "FA"
    }
  }
  packets {
    count = 1000
    every = "1ms"
    tcp {
      src     = "198.51.${floor(i / 250)}.${1 + i % 250}"
      dst     = "192.0.2.4"
      srcport = 40000 + i
      dstport = 80
      flags   = "FP"
    }
  }
  packets {
    count = 1000
    every = "1ms"
    tcp {
      src     = "198.51.${floor(i / 250)}.${1 + i % 250}"
      dst     = "192.0.2.5"
      srcport = 40000 + i
      dstport = 80
      flags   = "U"
    }
  }
  packets {
    count = 1000
    every = "1ms"
    tcp {
      src     = "198.51.${floor(i / 250)}.${1 + i % 250}"
      dst     = "192.0.2.6"
      srcport = 40000 + i
      dstport = 80
      flags   = "SF"
    }
  }
  packets {
    count = 1000
    every = "1ms"
    tcp {
      src     = "198.51.${floor(i / 250)}.${1 + i % 250}"
      dst     = "192.0.2.7"
      srcport = 40000 + i
      dstport = 80
      flags   = "SA"
    }
  }
  others = "allow"
  alert "tcp_flood_stateless" {
    count = 0
  }
}

test "a quarter as many SYN fire" {
  packets {
    count = 250
    every = "1ms"
    tcp {
      src     = "198.51.${floor(i / 250)}.${1 + i % 250}"
      dst     = "192.0.2.1"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    count = 1000
    every = "1ms"
    start = "1s"
    tcp {
      src     = "198.51.${floor(i / 250)}.${1 + i % 250}"
      dst     = "192.0.2.1"
      srcport = 40000 + i
      dstport = 80
      flags   = "R"
    }
  }
  others = "allow"
  alert "tcp_flood_stateless" {
    count = 1
  }
}

test "more than a quarter as many SYN stay quiet" {
  packets {
    count = 251
    every = "1ms"
    tcp {
      src     = "198.51.${floor(i / 250)}.${1 + i % 250}"
      dst     = "192.0.2.1"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    count = 1000
    every = "1ms"
    start = "1s"
    tcp {
      src     = "198.51.${floor(i / 250)}.${1 + i % 250}"
      dst     = "192.0.2.1"
      srcport = 40000 + i
      dstport = 80
      flags   = "R"
    }
  }
  others = "allow"
  alert "tcp_flood_stateless" {
    count = 0
  }
}

test "a quarter as many SYN with ECN fire" {
  packets {
    count = 250
    every = "1ms"
    tcp {
      src     = "198.51.${floor(i / 250)}.${1 + i % 250}"
      dst     = "192.0.2.1"
      srcport = 40000 + i
      dstport = 80
      flags   = "SEC"
    }
  }
  packets {
    count = 1000
    every = "1ms"
    start = "1s"
    tcp {
      src     = "198.51.${floor(i / 250)}.${1 + i % 250}"
      dst     = "192.0.2.1"
      srcport = 40000 + i
      dstport = 80
      flags   = "R"
    }
  }
  others = "allow"
  alert "tcp_flood_stateless" {
    count = 1
  }
}

test "more than a quarter as many SYN with ECN stay quiet" {
  packets {
    count = 251
    every = "1ms"
    tcp {
      src     = "198.51.${floor(i / 250)}.${1 + i % 250}"
      dst     = "192.0.2.1"
      srcport = 40000 + i
      dstport = 80
      flags   = "SEC"
    }
  }
  packets {
    count = 1000
    every = "1ms"
    start = "1s"
    tcp {
      src     = "198.51.${floor(i / 250)}.${1 + i % 250}"
      dst     = "192.0.2.1"
      srcport = 40000 + i
      dstport = 80
      flags   = "R"
    }
  }
  others = "allow"
  alert "tcp_flood_stateless" {
    count = 0
  }
}
