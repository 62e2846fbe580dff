test "the fifth password fires" {
  packets {
    count = 5
    every = "20s"
    tcp {
      src     = "198.51.100.22"
      dst     = "10.0.0.20"
      srcport = 40000 + i
      dstport = 21
      flags   = "PA"
      seq     = 1
      payload = "USER admin\r\n"
    }
  }
  packets {
    count = 5
    start = "1s"
    every = "20s"
    tcp {
      src     = "198.51.100.22"
      dst     = "10.0.0.20"
      srcport = 40000 + i
      dstport = 21
      flags   = "PA"
      seq     = 12
      payload = "PASS word${i}\r\n"
    }
  }
  alert "passwords_tried" {
    count = 1
    key   = { "ip.src" = "198.51.100.22", "ip.dst" = "10.0.0.20" }
    at    = "81s"
  }
}

test "POP3" {
  packets {
    count = 5
    every = "20s"
    tcp {
      src     = "198.51.100.22"
      dst     = "10.0.0.20"
      srcport = 40000 + i
      dstport = 110
      flags   = "PA"
      seq     = 1
      payload = "USER admin\r\n"
    }
  }
  packets {
    count = 5
    start = "1s"
    every = "20s"
    tcp {
      src     = "198.51.100.22"
      dst     = "10.0.0.20"
      srcport = 40000 + i
      dstport = 110
      flags   = "PA"
      seq     = 12
      payload = "PASS word${i}\r\n"
    }
  }
  alert "passwords_tried" {
    count = 1
    key   = { "ip.src" = "198.51.100.22", "ip.dst" = "10.0.0.20" }
    at    = "81s"
  }
}

test "four passwords stay quiet" {
  packets {
    count = 4
    every = "20s"
    tcp {
      src     = "198.51.100.22"
      dst     = "10.0.0.20"
      srcport = 40000 + i
      dstport = 21
      flags   = "PA"
      seq     = 1
      payload = "USER admin\r\n"
    }
  }
  packets {
    count = 4
    start = "1s"
    every = "20s"
    tcp {
      src     = "198.51.100.22"
      dst     = "10.0.0.20"
      srcport = 40000 + i
      dstport = 21
      flags   = "PA"
      seq     = 12
      payload = "PASS word${i}\r\n"
    }
  }
  quiet = true
}

test "one old password, again and again, stays quiet" {
  packets {
    count = 14
    every = "20s"
    tcp {
      src     = "198.51.100.22"
      dst     = "10.0.0.20"
      srcport = 40000 + i
      dstport = 21
      flags   = "PA"
      seq     = 1
      payload = "USER admin\r\n"
    }
  }
  packets {
    count = 14
    start = "1s"
    every = "20s"
    tcp {
      src     = "198.51.100.22"
      dst     = "10.0.0.20"
      srcport = 40000 + i
      dstport = 21
      flags   = "PA"
      seq     = 12
      payload = "PASS winter24\r\n"
    }
  }
  quiet = true
}

test "mail that is fetched for many stays quiet" {
  packets {
    count = 14
    every = "20s"
    tcp {
      src     = "198.51.100.22"
      dst     = "10.0.0.20"
      srcport = 40000 + i
      dstport = 110
      flags   = "PA"
      seq     = 1
      payload = "USER person${i}\r\n"
    }
  }
  packets {
    count = 14
    start = "1s"
    every = "20s"
    tcp {
      src     = "198.51.100.22"
      dst     = "10.0.0.20"
      srcport = 40000 + i
      dstport = 110
      flags   = "PA"
      seq     = 12
      payload = "PASS word${i}\r\n"
    }
  }
  quiet = true
}

test "a recording of the lab" {
  pcap   = "../../testdata/pcap/hydra-ftp.pcap.gz"
  others = "allow"
  alert "passwords_tried" {
    count = 1
  }
}
