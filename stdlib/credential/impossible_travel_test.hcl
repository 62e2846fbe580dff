test "Berlin and Sydney within two hours" {
  places = {
    "198.51.100.0/24" = { country = "DE", latitude = 52.52, longitude = 13.40 }
    "203.0.113.0/24"  = { country = "AU", latitude = -33.87, longitude = 151.21 }
  }
  packets {
    auth {
      src     = "198.51.100.7"
      user    = "alice"
      success = true
    }
  }
  packets { # another account says nothing of this one
    start = "1h"
    auth {
      src     = "203.0.113.7"
      user    = "bob"
      success = true
    }
  }
  packets {
    start = "2h"
    auth {
      src     = "203.0.113.45"
      user    = "alice"
      host    = "web1"
      success = true
    }
  }
  alert "impossible_travel" {
    count    = 1
    key      = { "auth.user" = "alice" }
    at       = "2h"
    severity = "high"
  }
}

test "who stays fires once, and who is in two places fires once a day" {
  places = {
    "198.51.100.0/24" = { country = "DE", latitude = 52.52, longitude = 13.40 }
    "203.0.113.0/24"  = { country = "AU", latitude = -33.87, longitude = 151.21 }
  }
  packets {
    auth {
      src     = "198.51.100.7"
      user    = "alice"
      success = true
    }
  }
  packets {
    start = "1m"
    count = 30
    every = "2h"
    auth {
      src     = "203.0.113.45"
      user    = "alice"
      success = true
    }
  }
  packets {
    start = "1h"
    count = 24
    every = "1h"
    auth {
      src     = i % 2 == 0 ? "198.51.100.7" : "203.0.113.45"
      user    = "bob"
      success = true
    }
  }
  alert "impossible_travel" {
    count = 2
  }
}

test "a flight, a train, failures, our own networks, and places that nobody knows" {
  places = {
    "198.51.100.0/24"  = { country = "DE", latitude = 52.52, longitude = 13.40 }
    "203.0.113.0/25"   = { country = "AU", latitude = -33.87, longitude = 151.21 }
    "192.0.2.0/24"     = { country = "FR", latitude = 48.86, longitude = 2.35 }
    "203.0.113.128/25" = "BR"
  }
  packets { # Berlin
    auth {
      src     = "198.51.100.7"
      user    = "alice"
      success = true
    }
  }
  packets { # and Sydney, 16,100 km, twenty hours later
    start = "20h"
    auth {
      src     = "203.0.113.7"
      user    = "alice"
      success = true
    }
  }
  packets { # Berlin
    auth {
      src     = "198.51.100.7"
      user    = "bob"
      success = true
    }
  }
  packets { # and Paris, 880 km, at once: two providers, two offices
    start = "1s"
    auth {
      src     = "192.0.2.7"
      user    = "bob"
      success = true
    }
  }
  packets { # somebody in Sydney does not get in
    start = "1h"
    auth {
      src  = "203.0.113.7"
      user = "bob"
    }
  }
  packets {
    start = "1h"
    auth {
      src     = "10.0.0.7"
      user    = "bob"
      success = true
    }
  }
  packets { # a file of countries alone
    start = "1h"
    auth {
      src     = "203.0.113.200"
      user    = "bob"
      success = true
    }
  }
  quiet = true
}

test "without a file of places nothing is far" {
  packets {
    auth {
      src     = "198.51.100.7"
      user    = "alice"
      success = true
    }
  }
  packets {
    start = "1s"
    auth {
      src     = "203.0.113.45"
      user    = "alice"
      success = true
    }
  }
  quiet = true
}
