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

test "one network of 16 bits is one, and the next is another" {
  packets {
    auth {
      user    = "anna"
      src     = "198.51.0.1"
      success = true
    }
  }
  packets {
    start = "8d"
    auth {
      user    = "anna"
      src     = "198.51.255.254"
      success = true
    }
  }
  packets {
    start = "9d"
    auth {
      user    = "anna"
      src     = "198.50.255.254"
      success = true
    }
  }
  packets {
    start = "10d"
    auth {
      user    = "anna"
      src     = "198.52.0.1"
      success = true
    }
  }
  others = "allow"
  alert "new_login_source" {
    count = 2
  }
}

test "one network of 32 bits of IPv6 is one, and the next is another" {
  packets {
    auth {
      user    = "anna"
      src     = "2001:db8::1"
      success = true
    }
  }
  packets {
    start = "8d"
    auth {
      user    = "anna"
      src     = "2001:db8:ffff::1"
      success = true
    }
  }
  packets {
    start = "9d"
    auth {
      user    = "anna"
      src     = "2001:db9::1"
      success = true
    }
  }
  others = "allow"
  alert "new_login_source" {
    count = 1
  }
}

test "failures and logins without a name stay quiet" {
  packets {
    auth {
      user    = "anna"
      src     = "198.51.0.1"
      success = true
    }
  }
  packets {
    start = "8d"
    auth {
      user = "anna"
      src  = "203.0.113.1"
    }
  }
  packets {
    start = "9d"
    auth {
      src     = "203.0.113.1"
      success = true
    }
  }
  others = "allow"
  alert "new_login_source" {
    count = 0
  }
}
