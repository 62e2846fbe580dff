test "the tenth source fires" {
  packets {
    count = 10
    every = "5m"
    auth {
      src  = "198.51.100.${10 + i}"
      user = "alice"
    }
  }
  alert "distributed_login_failures" {
    count    = 1
    key      = { "auth.user" = "alice" }
    at       = "2700s"
    severity = "high"
  }
}

test "nine sources are too few, however often" {
  packets {
    count = 36
    every = "90s"
    auth {
      src  = "198.51.100.${10 + i % 9}"
      user = "alice"
    }
  }
  quiet = true
}

test "an account that does not exist" {
  packets {
    count = 50
    every = "1m"
    auth {
      src    = "198.51.100.${10 + i}"
      user   = "oracle"
      reason = "invalid_user"
    }
  }
  quiet = true
}

test "each source has an account of its own" {
  packets {
    count = 50
    every = "1m"
    auth {
      src  = "198.51.100.${10 + i}"
      user = "user${i}"
    }
  }
  quiet = true
}

test "what came just under 1 h before counts" {
  packets {
    count = 9
    every = "5m"
    auth {
      src  = "198.51.100.${10 + i}"
      user = "alice"
    }
  }
  packets {
    start = "3599999ms"
    auth {
      src  = "198.51.100.19"
      user = "alice"
    }
  }
  others = "allow"
  alert "distributed_login_failures" {
    count = 1
  }
}

test "what came 1 h before no longer counts" {
  packets {
    count = 9
    every = "5m"
    auth {
      src  = "198.51.100.${10 + i}"
      user = "alice"
    }
  }
  packets {
    start = "1h"
    auth {
      src  = "198.51.100.19"
      user = "alice"
    }
  }
  others = "allow"
  alert "distributed_login_failures" {
    count = 0
  }
}
