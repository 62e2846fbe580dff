test "the fifth login fires" {
  packets {
    count = 5
    every = "2s"
    honeypot {
      src  = "198.51.100.22"
      dst  = "10.0.0.90"
      user = "root"
    }
  }
  alert "honeypot_brute_force" {
    count    = 1
    key      = { "ip.src" = "198.51.100.22" }
    at       = "8s"
    severity = "critical"
  }
  alert "honeypot_touch" {
    count = 1
  }
}

test "the logins at several honeypots add up, whatever the user" {
  packets {
    count = 5
    every = "2s"
    honeypot {
      src     = "198.51.100.22"
      dst     = "10.0.0.${90 + i}"
      service = i % 2 == 0 ? "ssh" : "telnet"
      user    = "user${i}"
    }
  }
  alert "honeypot_brute_force" {
    count = 1
    at    = "8s"
  }
  alert "honeypot_touch" {}
}

test "four logins are too few" {
  packets {
    count = 4
    every = "2s"
    honeypot {
      src  = "198.51.100.22"
      dst  = "10.0.0.90"
      user = "root"
    }
  }
  alert "honeypot_brute_force" {
    count = 0
  }
  alert "honeypot_touch" {}
}

test "a login exactly 60 s ago no longer counts" {
  packets {
    count = 4
    every = "2s"
    honeypot {
      src  = "198.51.100.22"
      dst  = "10.0.0.90"
      user = "root"
    }
  }
  packets {
    start = "60s"
    honeypot {
      src  = "198.51.100.22"
      dst  = "10.0.0.90"
      user = "root"
    }
  }
  alert "honeypot_brute_force" {
    count = 0
  }
  alert "honeypot_touch" {}
}

test "a login just under 60 s ago counts" {
  packets {
    count = 4
    every = "2s"
    honeypot {
      src  = "198.51.100.22"
      dst  = "10.0.0.90"
      user = "root"
    }
  }
  packets {
    start = "59999ms"
    honeypot {
      src  = "198.51.100.22"
      dst  = "10.0.0.90"
      user = "root"
    }
  }
  alert "honeypot_brute_force" {
    count = 1
    at    = "59999ms"
  }
  alert "honeypot_touch" {}
}

test "connections and commands are not logins" {
  packets {
    count = 20
    every = "1s"
    honeypot {
      src    = "198.51.100.22"
      dst    = "10.0.0.90"
      action = i % 2 == 0 ? "connect" : "command"
    }
  }
  alert "honeypot_brute_force" {
    count = 0
  }
  alert "honeypot_touch" {}
}

test "two sources with four logins each" {
  packets {
    count = 8
    every = "1s"
    honeypot {
      src  = "198.51.100.${22 + i % 2}"
      dst  = "10.0.0.90"
      user = "root"
    }
  }
  alert "honeypot_brute_force" {
    count = 0
  }
  alert "honeypot_touch" {
    count = 2
  }
}
