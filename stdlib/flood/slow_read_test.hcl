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
