test "a connection fires" {
  packets {
    honeypot {
      src = "198.51.100.7"
      dst = "10.0.0.90"
    }
  }
  alert "honeypot_touch" {
    count    = 1
    key      = { "ip.src" = "198.51.100.7" }
    at       = "0s"
    severity = "medium"
  }
}

test "a command at another service fires, IPv6" {
  packets {
    honeypot {
      src     = "2001:db8:7::1"
      dst     = "2001:db8::90"
      service = "tcp"
      dstport = 6379
      action  = "command"
    }
  }
  alert "honeypot_touch" {
    count = 1
    key   = { "ip.src" = "2001:db8:7::1" }
  }
}

test "one alert for a visit of ten minutes" {
  packets {
    count = 10
    every = "1m"
    honeypot {
      src = "198.51.100.7"
      dst = "10.0.0.90"
    }
  }
  alert "honeypot_touch" {
    count = 1
  }
}

test "who comes again after ten minutes is told of again" {
  packets {
    count = 2
    every = "10m"
    honeypot {
      src = "198.51.100.7"
      dst = "10.0.0.90"
    }
  }
  alert "honeypot_touch" {
    count = 2
  }
}

test "each source has an alert of its own" {
  packets {
    count = 6
    every = "1s"
    honeypot {
      src = "198.51.100.${7 + i % 3}"
      dst = "10.0.0.90"
    }
  }
  alert "honeypot_touch" {
    count = 3
  }
}

test "packets are not a visit, to whatever port" {
  packets {
    count = 5
    every = "1s"
    tcp {
      src     = "198.51.100.7"
      dst     = "10.0.0.90"
      dstport = 22
      flags   = "S"
    }
  }
  alert "honeypot_touch" {
    count = 0
  }
}
