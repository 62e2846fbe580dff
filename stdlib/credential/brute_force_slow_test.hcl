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
