test "the eighth refusal in four minutes fires" {
  packets {
    count = 8
    every = "34s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 110
      dstport = 40000 + i
      flags   = "PA"
      payload = "-ERR [AUTH] Authentication failed.\r\n"
    }
  }
  alert "login_failures_slow" {
    count = 1
    key   = { "ip.dst" = "198.51.100.7", "ip.src" = "192.0.2.10", "tcp.srcport" = 110 }
    at    = "238s"
  }
}

test "SMB, SQL Server, LDAP, MongoDB and VNC" {
  packets {
    count = 8
    every = "20s"
    tcp {
      src         = "192.0.2.10"
      dst         = "198.51.100.1"
      srcport     = 445
      dstport     = 40000 + i
      flags       = "PA"
      payload_hex = "00000049fe534d42400001006d0000c001000100"
    }
  }
  packets {
    count = 8
    every = "20s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.3"
      srcport = 389
      dstport = 40000 + i
      flags   = "PA"
      payload = "0\u000c\u0002\u0001\u0001a\u0007\n\u00011\u0004\u0000\u0004\u0000"
    }
  }
  packets {
    count = 8
    every = "20s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.4"
      srcport = 27017
      dstport = 40000 + i
      flags   = "PA"
      payload = "codeName\u0000AuthenticationFailed\u0000"
    }
  }
  packets {
    count = 8
    every = "20s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.5"
      srcport = 5900
      dstport = 40000 + i
      flags   = "PA"
      payload = "\u0000\u0000\u0000\u0001\u0000\u0000\u0000\u0016Authentication failure"
    }
  }
  packets {
    count = 8
    every = "20s"
    tcp {
      src         = "192.0.2.10"
      dst         = "198.51.100.2"
      srcport     = 139
      dstport     = 40000 + i
      flags       = "PA"
      payload_hex = "00000023ff534d42736d0000c088"
    }
  }
  packets {
    count = 8
    every = "20s"
    tcp {
      src         = "192.0.2.10"
      dst         = "198.51.100.6"
      srcport     = 1433
      dstport     = 40000 + i
      flags       = "PA"
      payload_hex = "0401004a00360100aa320018480000010e"
    }
  }
  alert "login_failures_slow" { count = 6 }
}

test "seven refusals stay quiet" {
  packets {
    count = 7
    every = "34s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 110
      dstport = 40000 + i
      flags   = "PA"
      payload = "-ERR [AUTH] Authentication failed.\r\n"
    }
  }
  quiet = true
}

test "a browser that is asked for a password first stays quiet" {
  packets {
    count = 14
    every = "5s"
    tcp {
      src     = "192.0.2.80"
      dst     = "198.51.100.7"
      srcport = 80
      dstport = 40000 + i
      flags   = "PA"
      payload = "HTTP/1.1 401 Unauthorized\r\n\r\n"
    }
  }
  quiet = true
}

test "what came just under 5 min before counts" {
  packets {
    count = 7
    every = "34s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 110
      dstport = 40000 + i
      flags   = "PA"
      payload = "-ERR [AUTH] Authentication failed.\r\n"
    }
  }
  packets {
    start = "299999ms"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 110
      dstport = 40007
      flags   = "PA"
      payload = "-ERR [AUTH] Authentication failed.\r\n"
    }
  }
  others = "allow"
  alert "login_failures_slow" {
    count = 1
  }
}

test "what came 5 min before no longer counts" {
  packets {
    count = 7
    every = "34s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 110
      dstport = 40000 + i
      flags   = "PA"
      payload = "-ERR [AUTH] Authentication failed.\r\n"
    }
  }
  packets {
    start = "5m"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 110
      dstport = 40007
      flags   = "PA"
      payload = "-ERR [AUTH] Authentication failed.\r\n"
    }
  }
  others = "allow"
  alert "login_failures_slow" {
    count = 0
  }
}

test "eight in 30 s fire" {
  packets {
    count = 8
    every = "4285715us"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 25
      dstport = 40000
      flags   = "PA"
      payload = "535 5.7.8 Authentication failed\r\n"
    }
  }
  others = "allow"
  alert "login_failures_slow" {
    count = 1
  }
}

test "eight in less than 30 s stay quiet" {
  packets {
    count = 8
    every = "4280ms"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 25
      dstport = 40000
      flags   = "PA"
      payload = "535 5.7.8 Authentication failed\r\n"
    }
  }
  others = "allow"
  alert "login_failures_slow" {
    count = 0
  }
}

test "fourteen in the last minute fire" {
  set = { login_failures_slow_failures = 21 }
  packets {
    count = 7
    every = "2s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 25
      dstport = 40000
      flags   = "PA"
      payload = "535 5.7.8 Authentication failed\r\n"
    }
  }
  packets {
    count = 14
    every = "3500ms"
    start = "70s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 25
      dstport = 40000
      flags   = "PA"
      payload = "535 5.7.8 Authentication failed\r\n"
    }
  }
  others = "allow"
  alert "login_failures_slow" {
    count = 1
  }
}

test "fifteen in a minute are left to login_failures" {
  set = { login_failures_slow_failures = 22 }
  packets {
    count = 7
    every = "2s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 25
      dstport = 40000
      flags   = "PA"
      payload = "535 5.7.8 Authentication failed\r\n"
    }
  }
  packets {
    count = 15
    every = "3500ms"
    start = "70s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 25
      dstport = 40000
      flags   = "PA"
      payload = "535 5.7.8 Authentication failed\r\n"
    }
  }
  others = "allow"
  alert "login_failures_slow" {
    count = 0
  }
}

test "RTSP and HTTP are left to login_failures" {
  packets {
    count = 8
    every = "20s"
    tcp {
      src     = "192.0.2.1"
      dst     = "198.51.100.7"
      srcport = 554
      dstport = 40000
      flags   = "PA"
      payload = "RTSP/1.0 401 Unauthorized\r\n"
    }
  }
  packets {
    count = 8
    every = "20s"
    tcp {
      src     = "192.0.2.2"
      dst     = "198.51.100.7"
      srcport = 8554
      dstport = 40000
      flags   = "PA"
      payload = "RTSP/1.0 401 Unauthorized\r\n"
    }
  }
  packets {
    count = 8
    every = "20s"
    tcp {
      src     = "192.0.2.3"
      dst     = "198.51.100.7"
      srcport = 8080
      dstport = 40000
      flags   = "PA"
      payload = "HTTP/1.1 401 Unauthorized\r\n"
    }
  }
  others = "allow"
  alert "login_failures_slow" {
    count = 0
  }
}

test "answers that refuse nothing stay quiet" {
  packets {
    count = 8
    every = "20s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 25
      dstport = 40000
      flags   = "PA"
      payload = "235 2.7.0 Authentication successful\r\n"
    }
  }
  others = "allow"
  alert "login_failures_slow" {
    count = 0
  }
}

test "an FTP server that asks to log in first refuses no password" {
  packets {
    count = 30
    every = "5s"
    tcp {
      src     = "192.168.1.42"
      dst     = "192.168.1.62"
      srcport = 21
      dstport = 40000 + i
      flags   = "PA"
      seq     = 1
      ack     = 1
      payload = "530 Please login with USER and PASS.\r\n"
    }
  }
  alert "login_failures_slow" { count = 0 }
  others = "allow"
}
