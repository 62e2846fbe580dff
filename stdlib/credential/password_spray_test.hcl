test "the tenth account fires, one every four minutes" {
  packets {
    count = 10
    every = "4m"
    auth {
      src  = "198.51.100.7"
      user = "user${i}"
    }
  }
  alert "password_spray" {
    count    = 1
    key      = { "ip.src" = "198.51.100.7" }
    at       = "2160s"
    severity = "high"
  }
}

test "nine accounts are too few, however often" {
  packets {
    count = 30
    every = "100s"
    auth {
      src  = "198.51.100.7"
      user = "user${i % 9}"
    }
  }
  quiet = true
}

test "ten accounts in an hour and more" {
  packets {
    count = 10
    every = "401s"
    auth {
      src  = "198.51.100.7"
      user = "user${i}"
    }
  }
  quiet = true
}

test "many people behind one gateway log in, one of them at the second try" {
  packets {
    count = 40
    every = "1m"
    auth {
      src     = "192.0.2.1"
      user    = "user${i}"
      success = i != 5
    }
  }
  quiet = true
}

test "what came just under 1 h before counts" {
  packets {
    count = 9
    every = "4m"
    auth {
      src  = "198.51.100.7"
      user = "user${i}"
    }
  }
  packets {
    start = "3599999ms"
    auth {
      src  = "198.51.100.7"
      user = "user9"
    }
  }
  others = "allow"
  alert "password_spray" {
    count = 1
  }
}

test "what came 1 h before no longer counts" {
  packets {
    count = 9
    every = "4m"
    auth {
      src  = "198.51.100.7"
      user = "user${i}"
    }
  }
  packets {
    start = "1h"
    auth {
      src  = "198.51.100.7"
      user = "user9"
    }
  }
  others = "allow"
  alert "password_spray" {
    count = 0
  }
}
