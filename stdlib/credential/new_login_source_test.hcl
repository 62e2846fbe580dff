test "a network that is new after a week" {
  packets {
    count = 8
    every = "1d"
    auth {
      src     = "198.51.100.20"
      user    = "alice"
      success = true
    }
  }
  packets {
    start = "8d"
    auth {
      src     = "203.0.113.45"
      user    = "alice"
      host    = "web1"
      success = true
    }
  }
  alert "new_login_source" {
    count    = 1
    key      = { "auth.user" = "alice" }
    at       = "8d"
    severity = "low"
  }
}

test "in the first week all are new, a neighbour of a known address is known, ours do not count, and failures are no logins" {
  packets {
    count = 6
    every = "1d"
    auth {
      src     = "198.51.${100 + i}.20"
      user    = "alice"
      success = true
    }
  }
  packets {
    start = "8d"
    auth {
      src     = "198.51.200.9"
      user    = "alice"
      success = true
    }
  }
  packets {
    start = "9d"
    auth {
      src     = "10.0.0.20"
      user    = "alice"
      success = true
    }
  }
  packets {
    start = "9d"
    auth {
      src  = "203.0.113.45"
      user = "alice"
    }
  }
  quiet = true
}
