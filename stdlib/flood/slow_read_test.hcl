test "a hundred connections with a closed window fire" {
  packets {
    count = 300
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.80"
      srcport = 40000 + i % 150
      dstport = 443
      flags   = "A"
      window  = 0
    }
  }
  alert "slow_read" {
    count = 1
    key   = { "ip.src" = "198.51.100.7", "ip.dst" = "192.0.2.80", "tcp.dstport" = 443 }
  }
}

test "99 connections stay quiet" {
  packets {
    count = 594
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.80"
      srcport = 40000 + i % 99
      dstport = 80
      flags   = "A"
      window  = 0
    }
  }
  alert "slow_read" {
    count = 0
  }
}

test "connections that pause once, with a small window and with resets, stay quiet" {
  packets {
    count = 900
    every = "50ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.80"
      srcport = 40000 + floor(i / 3)
      dstport = 80
      flags   = i % 3 == 2 ? "R" : "A"
      window  = i % 3 == 1 ? 64 : 0
    }
  }
  alert "slow_read" {
    count = 0
  }
  others = "allow"
}

test "what came just under 60 s before counts" {
  packets {
    count = 299
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.80"
      srcport = 40000 + i % 150
      dstport = 443
      flags   = "A"
      window  = 0
    }
  }
  packets {
    start = "59999ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.80"
      srcport = 40149
      dstport = 443
      flags   = "A"
      window  = 0
    }
  }
  others = "allow"
  alert "slow_read" {
    count = 1
  }
}

test "what came 60 s before no longer counts" {
  packets {
    count = 299
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.80"
      srcport = 40000 + i % 150
      dstport = 443
      flags   = "A"
      window  = 0
    }
  }
  packets {
    start = "1m"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.80"
      srcport = 40149
      dstport = 443
      flags   = "A"
      window  = 0
    }
  }
  others = "allow"
  alert "slow_read" {
    count = 0
  }
}

test "a hundred connections fire on each port of web servers" {
  packets {
    count = 200
    every = "100ms"
    tcp {
      src     = "198.51.100.1"
      dst     = "192.0.2.10"
      srcport = 40000 + i % 100
      dstport = 80
      flags   = "A"
      window  = 0
    }
  }
  packets {
    count = 200
    every = "100ms"
    tcp {
      src     = "198.51.100.2"
      dst     = "192.0.2.10"
      srcport = 40000 + i % 100
      dstport = 443
      flags   = "A"
      window  = 0
    }
  }
  packets {
    count = 200
    every = "100ms"
    tcp {
      src     = "198.51.100.3"
      dst     = "192.0.2.10"
      srcport = 40000 + i % 100
      dstport = 8000
      flags   = "A"
      window  = 0
    }
  }
  packets {
    count = 200
    every = "100ms"
    tcp {
      src     = "198.51.100.4"
      dst     = "192.0.2.10"
      srcport = 40000 + i % 100
      dstport = 8080
      flags   = "A"
      window  = 0
    }
  }
  packets {
    count = 200
    every = "100ms"
    tcp {
      src     = "198.51.100.5"
      dst     = "192.0.2.10"
      srcport = 40000 + i % 100
      dstport = 8443
      flags   = "A"
      window  = 0
    }
  }
  others = "allow"
  alert "slow_read" {
    count = 5
  }
}

test "other ports, an open window, data and other flags stay quiet" {
  packets {
    count = 200
    every = "100ms"
    tcp {
      src     = "198.51.100.1"
      dst     = "192.0.2.10"
      srcport = 40000 + i % 100
      dstport = 79
      flags   = "A"
      window  = 0
    }
  }
  packets {
    count = 200
    every = "100ms"
    tcp {
      src     = "198.51.100.2"
      dst     = "192.0.2.10"
      srcport = 40000 + i % 100
      dstport = 81
      flags   = "A"
      window  = 0
    }
  }
  packets {
    count = 200
    every = "100ms"
    tcp {
      src     = "198.51.100.3"
      dst     = "192.0.2.10"
      srcport = 40000 + i % 100
      dstport = 442
      flags   = "A"
      window  = 0
    }
  }
  packets {
    count = 200
    every = "100ms"
    tcp {
      src     = "198.51.100.4"
      dst     = "192.0.2.10"
      srcport = 40000 + i % 100
      dstport = 444
      flags   = "A"
      window  = 0
    }
  }
  packets {
    count = 200
    every = "100ms"
    tcp {
      src     = "198.51.100.5"
      dst     = "192.0.2.10"
      srcport = 40000 + i % 100
      dstport = 7999
      flags   = "A"
      window  = 0
    }
  }
  packets {
    count = 200
    every = "100ms"
    tcp {
      src     = "198.51.100.6"
      dst     = "192.0.2.10"
      srcport = 40000 + i % 100
      dstport = 8001
      flags   = "A"
      window  = 0
    }
  }
  packets {
    count = 200
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i % 100
      dstport = 8079
      flags   = "A"
      window  = 0
    }
  }
  packets {
    count = 200
    every = "100ms"
    tcp {
      src     = "198.51.100.8"
      dst     = "192.0.2.10"
      srcport = 40000 + i % 100
      dstport = 8081
      flags   = "A"
      window  = 0
    }
  }
  packets {
    count = 200
    every = "100ms"
    tcp {
      src     = "198.51.100.9"
      dst     = "192.0.2.10"
      srcport = 40000 + i % 100
      dstport = 8442
      flags   = "A"
      window  = 0
    }
  }
  packets {
    count = 200
    every = "100ms"
    tcp {
      src     = "198.51.100.10"
      dst     = "192.0.2.10"
      srcport = 40000 + i % 100
      dstport = 8444
      flags   = "A"
      window  = 0
    }
  }
  packets {
    count = 200
    every = "100ms"
    tcp {
      src     = "198.51.100.21"
      dst     = "192.0.2.10"
      srcport = 40000 + i % 100
      dstport = 80
      flags   = "A"
      window  = 1
    }
  }
  packets {
    count = 200
    every = "100ms"
    tcp {
      src     = "198.51.100.22"
      dst     = "192.0.2.10"
      srcport = 40000 + i % 100
      dstport = 80
      flags   = "A"
      window  = 0
      payload = "a"
    }
  }
  packets {
    count = 200
    every = "100ms"
    tcp {
      src     = "198.51.100.23"
      dst     = "192.0.2.10"
      srcport = 40000 + i % 100
      dstport = 80
      flags   = "PA"
      window  = 0
    }
  }
  others = "allow"
  alert "slow_read" {
    count = 0
  }
}

test "a hundred connections, one of them with one pause, stay quiet" {
  packets {
    count = 199
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i % 100
      dstport = 80
      flags   = "A"
      window  = 0
    }
  }
  others = "allow"
  alert "slow_read" {
    count = 0
  }
}
