test "the eighth failure fires" {
  packets {
    count = 8
    every = "2s"
    auth {
      src  = "198.51.100.7"
      user = "root"
      host = "web1"
    }
  }
  alert "login_brute_force" {
    count    = 1
    key      = { "ip.src" = "198.51.100.7" }
    at       = "14s"
    severity = "high"
  }
}

test "failures at several hosts and services add up, IPv6" {
  packets {
    count = 8
    every = "30s"
    auth {
      src     = "2001:db8:7::1"
      user    = i % 2 == 0 ? "root" : "alice"
      host    = "web${i % 3}"
      service = i % 2 == 0 ? "sshd" : "dovecot"
    }
  }
  alert "login_brute_force" {
    count = 1
    at    = "210s"
  }
}

test "seven failures are too few" {
  packets {
    count = 7
    every = "2s"
    auth {
      src  = "198.51.100.7"
      user = "root"
    }
  }
  quiet = true
}

test "a failure exactly five minutes ago no longer counts" {
  packets {
    count = 7
    auth {
      src  = "198.51.100.7"
      user = "root"
    }
  }
  packets {
    start = "300s"
    auth {
      src  = "198.51.100.7"
      user = "root"
    }
  }
  quiet = true
}

test "logins that succeed and health checks are no failures" {
  packets {
    count = 50
    every = "1s"
    auth {
      src     = "192.0.2.20"
      user    = "backup"
      success = true
    }
  }
  packets {
    count = 500
    every = "100ms"
    auth {
      src    = "192.0.2.21"
      result = "probe"
    }
  }
  quiet = true
}

test "a log that does not tell who it was" {
  packets {
    count = 50
    every = "1s"
    auth {
      user    = "alice"
      service = "sudo"
    }
  }
  quiet = true
}

test "what came just under 5 min before counts" {
  packets {
    count = 7
    every = "2s"
    auth {
      src  = "198.51.100.7"
      user = "root"
      host = "web1"
    }
  }
  packets {
    start = "299999ms"
    auth {
      src  = "198.51.100.7"
      user = "root"
      host = "web1"
    }
  }
  others = "allow"
  alert "login_brute_force" {
    count = 1
  }
}

test "what came 5 min before no longer counts" {
  packets {
    count = 7
    every = "2s"
    auth {
      src  = "198.51.100.7"
      user = "root"
      host = "web1"
    }
  }
  packets {
    start = "5m"
    auth {
      src  = "198.51.100.7"
      user = "root"
      host = "web1"
    }
  }
  others = "allow"
  alert "login_brute_force" {
    count = 0
  }
}
