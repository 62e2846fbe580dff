test "a probe every 45 s fires with the twentieth port" {
  packets {
    count = 20
    every = "45s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 1 + 7 * i
      flags   = "S"
    }
  }
  alert "slow_port_scan" {
    count = 1
    key   = { "ip.src" = "198.51.100.7", "ip.dst" = "192.0.2.10" }
    at    = "855s"
  }
}

test "nineteen ports stay quiet" {
  packets {
    count = 19
    every = "45s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      dstport = 1 + 7 * i
      flags   = "S"
    }
  }
  quiet = true
}

test "a fast scan is port_scan's alone" {
  packets {
    count = 40
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      dstport = 1 + i
      flags   = "S"
    }
  }
  alert "port_scan" {}
  alert "slow_port_scan" {
    count = 0
  }
}

test "high ports of one host stay quiet" {
  packets {
    count = 40
    every = "20s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      dstport = 50000 + i
      flags   = "S"
    }
  }
  quiet = true
}

test "a recording of the lab" {
  pcap   = "../../testdata/pcap/nmap-syn-slow.pcap"
  others = "allow"
  alert "slow_port_scan" {
    count = 1
    key   = { "ip.src" = "198.51.100.7", "ip.dst" = "10.0.0.20" }
  }
}

test "what came just under 15 min before counts" {
  packets {
    count = 19
    every = "45s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 1 + 7 * i
      flags   = "S"
    }
  }
  packets {
    start = "899999ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40019
      dstport = 134
      flags   = "S"
    }
  }
  others = "allow"
  alert "slow_port_scan" {
    count = 1
  }
}

test "what came 15 min before no longer counts" {
  packets {
    count = 19
    every = "45s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 1 + 7 * i
      flags   = "S"
    }
  }
  packets {
    start = "15m"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40019
      dstport = 134
      flags   = "S"
    }
  }
  others = "allow"
  alert "slow_port_scan" {
    count = 0
  }
}

test "ports from 1024 on do not count" {
  packets {
    count = 21
    every = "20s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 1004 + i
      flags   = "S"
    }
  }
  others = "allow"
  alert "slow_port_scan" {
    count = 1
  }
}

test "nineteen ports below 1024 stay quiet" {
  packets {
    count = 21
    every = "20s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 1005 + i
      flags   = "S"
    }
  }
  others = "allow"
  alert "slow_port_scan" {
    count = 0
  }
}

test "fourteen of the ports in 10 s fire" {
  packets {
    count = 6
    every = "10s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 100 + i
      flags   = "S"
    }
  }
  packets {
    count = 14
    every = "100ms"
    start = "100s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 200 + i
      flags   = "S"
    }
  }
  others = "allow"
  alert "slow_port_scan" {
    count = 1
  }
}

test "fifteen of the ports in 10 s are left to port_scan" {
  packets {
    count = 5
    every = "10s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 100 + i
      flags   = "S"
    }
  }
  packets {
    count = 15
    every = "100ms"
    start = "100s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 200 + i
      flags   = "S"
    }
  }
  others = "allow"
  alert "slow_port_scan" {
    count = 0
  }
}

test "fourteen ports within 10 s, and the fifteenth after them, fire" {
  packets {
    count = 5
    every = "10s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 100 + i
      flags   = "S"
    }
  }
  packets {
    count = 14
    every = "100ms"
    start = "100s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 200 + i
      flags   = "S"
    }
  }
  packets {
    start = "110s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 300
      flags   = "S"
    }
  }
  others = "allow"
  alert "slow_port_scan" {
    count = 1
  }
}
