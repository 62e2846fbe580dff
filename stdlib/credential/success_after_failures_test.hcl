test "five failures, then a success" {
  packets {
    count = 5
    every = "10s"
    auth {
      src  = "198.51.100.7"
      user = "alice"
    }
  }
  packets {
    start = "60s"
    auth {
      src     = "198.51.100.7"
      user    = "alice"
      success = true
    }
  }
  alert "success_after_failures" {
    count    = 1
    key      = { "ip.src" = "198.51.100.7" }
    at       = "60s"
    severity = "critical"
  }
}

test "guessing through accounts ends in one that gives in" {
  packets {
    count = 7
    every = "40s"
    auth {
      src  = "198.51.100.7"
      user = "user${i}"
    }
  }
  packets {
    start = "300s"
    auth {
      src     = "198.51.100.7"
      user    = "user7"
      success = true
    }
  }
  alert "success_after_failures" {
    count = 1
    at    = "300s"
  }
}

test "who mistypes four times and then gets it right" {
  packets {
    count = 4
    every = "10s"
    auth {
      src  = "192.0.2.20"
      user = "alice"
    }
  }
  packets {
    start = "60s"
    count = 10
    every = "1s"
    auth {
      src     = "192.0.2.20"
      user    = "alice"
      success = true
    }
  }
  quiet = true
}

test "another source succeeds" {
  packets {
    count = 7
    every = "10s"
    auth {
      src  = "198.51.100.7"
      user = "alice"
    }
  }
  packets {
    start = "60s"
    auth {
      src     = "192.0.2.20"
      user    = "alice"
      success = true
    }
  }
  quiet = true
}

test "what failed just under 10 min before counts" {
  packets {
    count = 5
    every = "1s"
    auth {
      src     = "198.51.100.7"
      user    = "anna"
      success = false
    }
  }
  packets {
    start = "599s"
    auth {
      src     = "198.51.100.7"
      user    = "anna"
      success = true
    }
  }
  others = "allow"
  alert "success_after_failures" {
    count = 1
  }
}

test "what failed over 10 min before no longer counts" {
  packets {
    count = 5
    every = "1s"
    auth {
      src     = "198.51.100.7"
      user    = "anna"
      success = false
    }
  }
  packets {
    start = "605s"
    auth {
      src     = "198.51.100.7"
      user    = "anna"
      success = true
    }
  }
  others = "allow"
  alert "success_after_failures" {
    count = 0
  }
}
