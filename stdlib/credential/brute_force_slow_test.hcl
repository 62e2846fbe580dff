test "twenty connections to SSH, one in 25 s" {
  packets {
    count = 24
    every = "25s"
    tcp {
      src     = "198.51.100.7"
      dst     = "10.0.0.20"
      srcport = 40000 + i
      dstport = 22
      flags   = "S"
    }
  }
  alert "brute_force_slow" {
    count = 1
    key   = { "ip.src" = "198.51.100.7", "ip.dst" = "10.0.0.20", "tcp.dstport" = 22 }
    at    = "475s"
  }
}

test "nineteen are not enough" {
  packets {
    count = 19
    every = "25s"
    tcp {
      src     = "198.51.100.7"
      dst     = "10.0.0.20"
      srcport = 40000 + i
      dstport = 22
      flags   = "S"
    }
  }
  alert "brute_force_slow" {
    count = 0
  }
}

test "nor are twenty that come too far apart" {
  packets {
    count = 20
    every = "40s"
    tcp {
      src     = "198.51.100.7"
      dst     = "10.0.0.20"
      srcport = 40000 + i
      dstport = 22
      flags   = "S"
    }
  }
  alert "brute_force_slow" {
    count = 0
  }
}

test "a client whose SYN nobody answers sends the same again" {
  packets {
    count = 30
    every = "10s"
    tcp {
      src     = "198.51.100.7"
      dst     = "10.0.0.20"
      srcport = 40000
      dstport = 22
      flags   = "S"
    }
  }
  alert "brute_force_slow" {
    count = 0
  }
}

test "mail is fetched as often" {
  packets {
    count = 40
    every = "10s"
    tcp {
      src     = "10.0.0.30"
      dst     = "10.0.0.20"
      srcport = 40000 + i
      dstport = 143
      flags   = "S"
    }
  }
  alert "brute_force_slow" {
    count = 0
  }
}

test "each of its services fires" {
  packets {
    count = 20
    every = "20s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.1"
      srcport = 40000 + i
      dstport = 21
      flags   = "S"
    }
  }
  packets {
    count = 20
    every = "20s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.2"
      srcport = 40000 + i
      dstport = 22
      flags   = "S"
    }
  }
  packets {
    count = 20
    every = "20s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.3"
      srcport = 40000 + i
      dstport = 23
      flags   = "S"
    }
  }
  packets {
    count = 20
    every = "20s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.4"
      srcport = 40000 + i
      dstport = 3389
      flags   = "S"
    }
  }
  packets {
    count = 20
    every = "20s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.5"
      srcport = 40000 + i
      dstport = 5900
      flags   = "S"
    }
  }
  others = "allow"
  alert "brute_force_slow" {
    count = 5
  }
}

test "other services and ends of connections stay quiet" {
  packets {
    count = 25
    every = "20s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.1"
      srcport = 40000 + i
      dstport = 20
      flags   = "S"
    }
  }
  packets {
    count = 25
    every = "20s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.2"
      srcport = 40000 + i
      dstport = 24
      flags   = "S"
    }
  }
  packets {
    count = 25
    every = "20s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.3"
      srcport = 40000 + i
      dstport = 25
      flags   = "S"
    }
  }
  packets {
    count = 25
    every = "20s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.4"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    count = 25
    every = "20s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.5"
      srcport = 40000 + i
      dstport = 3388
      flags   = "S"
    }
  }
  packets {
    count = 25
    every = "20s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.6"
      srcport = 40000 + i
      dstport = 3390
      flags   = "S"
    }
  }
  packets {
    count = 25
    every = "20s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.7"
      srcport = 40000 + i
      dstport = 5899
      flags   = "S"
    }
  }
  packets {
    count = 25
    every = "20s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.8"
      srcport = 40000 + i
      dstport = 5901
      flags   = "S"
    }
  }
  packets {
    count = 25
    every = "20s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.30"
      srcport = 40000 + i
      dstport = 22
      flags   = "FA"
    }
  }
  packets {
    count = 25
    every = "20s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.31"
      srcport = 40000 + i
      dstport = 22
      flags   = "SA"
    }
  }
  others = "allow"
  alert "brute_force_slow" {
    count = 0
  }
}

test "29 connections in 30 s fire, for fewer than 30 are not brute_force" {
  packets {
    count = 29
    every = "1s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 22
      flags   = "S"
    }
  }
  others = "allow"
  alert "brute_force_slow" {
    count = 1
  }
}

test "thirty at once are left to brute_force" {
  set = { brute_force_slow_connections = 30, brute_force_attempts = 31 }
  packets {
    count = 30
    every = "10ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 22
      flags   = "S"
    }
  }
  others = "allow"
  alert "brute_force_slow" {
    count = 1
  }
}

test "as fast as brute_force is left to it" {
  set = { brute_force_slow_connections = 30 }
  packets {
    count = 30
    every = "10ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 22
      flags   = "S"
    }
  }
  others = "allow"
  alert "brute_force_slow" {
    count = 0
  }
}
