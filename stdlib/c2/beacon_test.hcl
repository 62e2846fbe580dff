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
