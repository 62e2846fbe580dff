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
