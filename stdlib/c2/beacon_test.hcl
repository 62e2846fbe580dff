test "the twentieth even call fires" {
  packets {
    count = 20
    every = "60s"
    tcp {
      src     = "10.0.0.5"
      dst     = "198.51.100.7"
      srcport = 40000 + i
      dstport = 443
    }
  }
  alert "beacon" {
    count = 1
    key   = { "ip.src" = "10.0.0.5", "ip.dst" = "198.51.100.7", "dst.port" = 443 }
    at    = "1140s"
  }
}

test "nineteen even calls, and forty uneven ones, stay quiet" {
  packets {
    count = 19
    every = "60s"
    tcp {
      src     = "10.0.0.5"
      dst     = "198.51.100.7"
      srcport = 40000 + i
      dstport = 443
    }
  }
  packets {
    count = 20
    every = "60s"
    tcp {
      src     = "10.0.0.6"
      dst     = "198.51.100.7"
      srcport = 40000 + i
      dstport = 443
    }
  }
  packets {
    count = 20
    start = "15s"
    every = "60s"
    tcp {
      src     = "10.0.0.6"
      dst     = "198.51.100.7"
      srcport = 41000 + i
      dstport = 443
    }
  }
  alert "beacon" {
    count = 0
  }
}

test "every 10 s is telemetry and stays quiet, and every 11 s fires" {
  packets {
    count = 40
    every = "10s"
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.9"
      srcport = 40000 + i
      dstport = 443
      flags   = "S"
    }
  }
  packets {
    count = 40
    every = "11s"
    tcp {
      src     = "192.168.1.21"
      dst     = "203.0.113.9"
      srcport = 40000 + i
      dstport = 443
      flags   = "S"
    }
  }
  others = "allow"
  alert "beacon" {
    count = 1
  }
}

test "between hosts at home, from outside, and ends of connections stay quiet" {
  packets {
    count = 40
    every = "60s"
    tcp {
      src     = "192.168.1.20"
      dst     = "192.168.1.1"
      srcport = 40000 + i
      dstport = 443
      flags   = "S"
    }
  }
  packets {
    count = 40
    every = "60s"
    tcp {
      src     = "198.51.100.7"
      dst     = "203.0.113.9"
      srcport = 40000 + i
      dstport = 443
      flags   = "S"
    }
  }
  packets {
    count = 40
    every = "60s"
    tcp {
      src     = "192.168.1.22"
      dst     = "203.0.113.9"
      srcport = 40000 + i
      dstport = 443
      flags   = "FA"
    }
  }
  others = "allow"
  alert "beacon" {
    count = 0
  }
}
