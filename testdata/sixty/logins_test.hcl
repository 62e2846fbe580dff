test "six failures" {
  others = "allow"
  packets {
    count = 6
    every = "5s"
    auth {
      src  = "198.51.100.7"
      user = "root"
    }
  }
  alert "ssh_bf" {
  }
}

test "six failures, and some have leaked" {
  others = "allow"
  packets {
    count = 8
    every = "12s"
    auth {
      src  = "198.51.100.7"
      user = "root"
    }
  }
  alert "ssh_bf" {
    max = 0
  }
}

test "ten names" {
  others = "allow"
  packets {
    count = 10
    every = "50s"
    auth {
      src  = "198.51.100.7"
      user = format("u%d", i)
    }
  }
  alert "ssh_slow_bf_users" {
  }
}

test "one name ten times" {
  others = "allow"
  packets {
    count = 10
    every = "50s"
    auth {
      src  = "198.51.100.7"
      user = "root"
    }
  }
  alert "ssh_slow_bf_users" {
    max = 0
  }
}

test "a guess every quarter of an hour" {
  others = "allow"
  packets {
    count = 4
    every = "15m"
    auth {
      src  = "198.51.100.7"
      user = "root"
    }
  }
  alert "ssh_time_based_bf" {
  }
}

test "somebody who forgot, and remembered" {
  others = "allow"
  packets {
    count = 3
    every = "15m"
    auth {
      src  = "198.51.100.7"
      user = "root"
    }
  }
  packets {
    start = "50m"
    auth {
      src     = "198.51.100.7"
      user    = "root"
      success = true
    }
  }
  packets {
    start = "1h10m"
    count = 3
    every = "15m"
    auth {
      src  = "198.51.100.7"
      user = "root"
    }
  }
  alert "ssh_time_based_bf" {
    max = 0
  }
}

test "here and abroad" {
  others = "allow"
  packets {
    auth {
      src     = "198.51.100.7"
      user    = "root"
      success = true
    }
  }
  packets {
    start = "30m"
    auth {
      src     = "203.0.113.7"
      user    = "root"
      success = true
    }
  }
  alert "two_countries" {
  }
}

test "two places of one country" {
  others = "allow"
  packets {
    auth {
      src     = "198.51.100.7"
      user    = "root"
      success = true
    }
  }
  packets {
    start = "30m"
    auth {
      src     = "198.51.100.99"
      user    = "root"
      success = true
    }
  }
  alert "two_countries" {
    max = 0
  }
}

test "eight failures and a login" {
  others = "allow"
  packets {
    count = 8
    every = "10s"
    auth {
      src  = "198.51.100.7"
      user = "root"
    }
  }
  packets {
    start = "100s"
    auth {
      src     = "198.51.100.7"
      user    = "root"
      success = true
    }
  }
  alert "failures_then_success" {
  }
}

test "seven failures and a login" {
  others = "allow"
  packets {
    count = 7
    every = "10s"
    auth {
      src  = "198.51.100.7"
      user = "root"
    }
  }
  packets {
    start = "100s"
    auth {
      src     = "198.51.100.7"
      user    = "root"
      success = true
    }
  }
  alert "failures_then_success" {
    max = 0
  }
}

test "five accounts" {
  others = "allow"
  packets {
    count = 5
    every = "10s"
    auth {
      src  = "198.51.100.7"
      user = format("u%d", i)
    }
  }
  alert "spray" {
  }
}

test "four accounts" {
  others = "allow"
  packets {
    count = 8
    every = "10s"
    auth {
      src  = "198.51.100.7"
      user = format("u%d", i % 4)
    }
  }
  alert "spray" {
    max = 0
  }
}

test "a spray, then a login" {
  others = "allow"
  packets {
    count = 5
    every = "10s"
    auth {
      src  = "198.51.100.7"
      user = format("u%d", i)
    }
  }
  packets {
    start = "2m"
    auth {
      src     = "198.51.100.7"
      user    = "u3"
      success = true
    }
  }
  alert "spray_then_success" {
  }
}

test "a login, then a spray" {
  others = "allow"
  packets {
    auth {
      src     = "198.51.100.7"
      user    = "root"
      success = true
    }
  }
  packets {
    start = "1m"
    count = 5
    every = "10s"
    auth {
      src  = "198.51.100.7"
      user = format("u%d", i)
    }
  }
  alert "spray_then_success" {
    max = 0
  }
}

test "30 failures" {
  others = "allow"
  packets {
    count = 30
    every = "1m"
    auth {
      src  = "198.51.100.7"
      user = "root"
    }
  }
  alert "ssh_guessing_30m" {
  }
}

test "30 failures in an hour" {
  others = "allow"
  packets {
    count = 30
    every = "2m"
    auth {
      src  = "198.51.100.7"
      user = "root"
    }
  }
  alert "ssh_guessing_30m" {
    max = 0
  }
}

test "20 answers 530" {
  others = "allow"
  packets {
    count = 20
    every = "30s"
    tcp {
      src     = "10.0.0.20"
      dst     = "198.51.100.7"
      srcport = 21
      dstport = 50000
      flags   = "PA"
      payload = "530 Login incorrect.\r\n"
      seq     = 1000 + 22 * i
    }
  }
  alert "ftp_guessing_15m" {
  }
}

test "19 answers 530" {
  others = "allow"
  packets {
    count = 19
    every = "30s"
    tcp {
      src     = "10.0.0.20"
      dst     = "198.51.100.7"
      srcport = 21
      dstport = 50000
      flags   = "PA"
      payload = "530 Login incorrect.\r\n"
      seq     = 1000 + 22 * i
    }
  }
  alert "ftp_guessing_15m" {
    max = 0
  }
}

test "a login from a watched country" {
  others = "allow"
  packets {
    auth {
      src     = "192.0.2.7"
      user    = "root"
      success = true
    }
  }
  alert "ssh_geo" {
  }
}

test "a failure from there" {
  others = "allow"
  packets {
    auth {
      src  = "192.0.2.7"
      user = "root"
    }
  }
  packets {
    start = "1s"
    auth {
      src     = "198.51.100.7"
      user    = "root"
      success = true
    }
  }
  alert "ssh_geo" {
    max = 0
  }
}
