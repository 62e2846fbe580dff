test "the fifteenth refusal by FTP fires, in however few connections" {
  packets {
    count = 15
    every = "2s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 21
      dstport = 40000 + i % 3
      flags   = "PA"
      payload = "530 Login incorrect.\r\n"
    }
  }
  alert "login_failures" {
    count = 1
    key   = { "ip.dst" = "198.51.100.7", "ip.src" = "192.0.2.10" }
    at    = "28s"
  }
}

test "refusals by HTTP and IMAP" {
  packets {
    count = 8
    every = "2s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 80
      dstport = 40000
      flags   = "PA"
      payload = "HTTP/1.1 401 Unauthorized\r\n\r\n"
    }
  }
  packets {
    count = 8
    every = "2s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 143
      dstport = 40001
      flags   = "PA"
      payload = "a1 NO [AUTHENTICATIONFAILED] Authentication failed.\r\n"
    }
  }
  alert "login_failures" {
    count = 1
  }
}

test "14 refusals stay quiet" {
  packets {
    count = 14
    every = "2s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 21
      dstport = 40000
      flags   = "PA"
      payload = "530 Login incorrect.\r\n"
    }
  }
  quiet = true
}

test "logins that succeed stay quiet" {
  packets {
    count = 60
    every = "1s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 21
      dstport = 40000 + i
      flags   = "PA"
      payload = "230 User logged in.\r\n"
    }
  }
  quiet = true
}

test "MQTT, and a broker that takes its clients" {
  packets {
    count = 15
    every = "1s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 1883
      dstport = 40000 + i
      flags   = "PA"
      payload = "\u0020\u0002\u0000\u0005"
    }
  }
  packets {
    count = 60
    every = "1s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.8"
      srcport = 1883
      dstport = 40000 + i
      flags   = "PA"
      payload = "\u0020\u0002\u0000\u0000"
    }
  }
  alert "login_failures" {
    count = 1
    key   = { "ip.dst" = "198.51.100.7", "ip.src" = "192.0.2.10" }
  }
}

test "a recording of the lab" {
  pcap   = "../../testdata/pcap/hydra-ftp.pcap.gz"
  others = "allow"
  alert "login_failures" {
    count = 1
    key   = { "ip.src" = "10.0.0.20" }
  }
}

test "Telnet, MySQL, PostgreSQL and Redis" {
  packets {
    count = 15
    every = "1s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.23"
      srcport = 23
      dstport = 40000 + i
      flags   = "PA"
      payload = "\r\nLogin incorrect\r\n"
    }
  }
  packets {
    count = 15
    every = "1s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.106"
      srcport = 3306
      dstport = 40000 + i
      flags   = "PA"
      payload = "H\u0000\u0000\u0002.\u0015\u0004#28000Access denied for user"
    }
  }
  packets {
    count = 15
    every = "1s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.32"
      srcport = 5432
      dstport = 40000 + i
      flags   = "PA"
      payload = "E\u0000\u0000\u0000aSFATAL\u0000VFATAL\u0000C28P01\u0000Mpassword authentication failed"
    }
  }
  packets {
    count = 15
    every = "1s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.179"
      srcport = 6379
      dstport = 40000 + i
      flags   = "PA"
      payload = "-WRONGPASS invalid username-password pair or user is disabled.\r\n"
    }
  }
  alert "login_failures" { count = 4 }
}

test "the same services when they answer otherwise" {
  packets {
    count = 15
    every = "1s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.23"
      srcport = 23
      dstport = 40000 + i
      flags   = "PA"
      payload = "\r\nLast login: Sun\r\n"
    }
  }
  packets {
    count = 15
    every = "1s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.106"
      srcport = 3306
      dstport = 40000 + i
      flags   = "PA"
      payload = "H\u0000\u0000\u0002.\u0028\u0004#42000You have an error"
    }
  }
  packets {
    count = 15
    every = "1s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.32"
      srcport = 5432
      dstport = 40000 + i
      flags   = "PA"
      payload = "E\u0000\u0000\u0000aSERROR\u0000C42P01\u0000Mrelation does not exist"
    }
  }
  packets {
    count = 15
    every = "1s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.179"
      srcport = 6379
      dstport = 40000 + i
      flags   = "PA"
      payload = "-ERR unknown command\r\n"
    }
  }
  quiet = true
}

test "what came just under 60 s before counts" {
  packets {
    count = 14
    every = "2s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 21
      dstport = 40000 + i % 3
      flags   = "PA"
      payload = "530 Login incorrect.\r\n"
    }
  }
  packets {
    start = "59999ms"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 21
      dstport = 40002
      flags   = "PA"
      payload = "530 Login incorrect.\r\n"
    }
  }
  others = "allow"
  alert "login_failures" {
    count = 1
  }
}

test "what came 60 s before no longer counts" {
  packets {
    count = 14
    every = "2s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 21
      dstport = 40000 + i % 3
      flags   = "PA"
      payload = "530 Login incorrect.\r\n"
    }
  }
  packets {
    start = "1m"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 21
      dstport = 40002
      flags   = "PA"
      payload = "530 Login incorrect.\r\n"
    }
  }
  others = "allow"
  alert "login_failures" {
    count = 0
  }
}
