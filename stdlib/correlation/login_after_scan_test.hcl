test "a port scan, then a login" {
  packets {
    count = 15
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      dstport = 1000 + i
      flags   = "S"
    }
  }
  packets {
    start = "20m"
    auth {
      src     = "198.51.100.7"
      user    = "alice"
      success = true
    }
  }
  alert "port_scan" {}
  alert "login_after_scan" {
    count    = 1
    key      = { "ip.src" = "198.51.100.7" }
    at       = "1200s"
    severity = "critical"
  }
}

test "the login comes before the scan, fails, is another's, or comes too late" {
  packets {
    auth {
      src     = "198.51.100.7"
      user    = "alice"
      success = true
    }
  }
  packets {
    start = "1s"
    count = 15
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      dstport = 1000 + i
      flags   = "S"
    }
  }
  packets {
    start = "60s"
    auth {
      src  = "198.51.100.7"
      user = "alice"
    }
  }
  packets {
    start = "61s"
    auth {
      src     = "198.51.100.8"
      user    = "alice"
      success = true
    }
  }
  packets {
    start = "3700s"
    auth {
      src     = "198.51.100.7"
      user    = "alice"
      success = true
    }
  }
  alert "port_scan" {}
  alert "login_after_scan" {
    count = 0
  }
}
