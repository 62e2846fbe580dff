# Tests begin on a Thursday. What is learned is five working days, from eight to six.

test "three at night, and a Sunday" {
  learn_from {
    packets {
      start = "8h"
      count = 100
      every = "6m"
      auth {
        src     = "10.0.0.${1 + i % 20}"
        user    = "user${i % 20}"
        success = true
      }
    }
    packets {
      start = "32h"
      count = 100
      every = "6m"
      auth {
        src     = "10.0.0.${1 + i % 20}"
        user    = "user${i % 20}"
        success = true
      }
    }
    packets {
      start = "104h"
      count = 100
      every = "6m"
      auth {
        src     = "10.0.0.${1 + i % 20}"
        user    = "user${i % 20}"
        success = true
      }
    }
    packets {
      start = "128h"
      count = 100
      every = "6m"
      auth {
        src     = "10.0.0.${1 + i % 20}"
        user    = "user${i % 20}"
        success = true
      }
    }
    packets {
      start = "152h"
      count = 100
      every = "6m"
      auth {
        src     = "10.0.0.${1 + i % 20}"
        user    = "user${i % 20}"
        success = true
      }
    }
  }
  packets {
    start = "3h"
    auth {
      src     = "10.0.0.5"
      user    = "user4"
      host    = "web1"
      success = true
    }
  }
  packets {
    start = "84h"
    auth {
      src     = "10.0.0.6"
      user    = "user5"
      success = true
    }
  }
  alert "login_at_odd_hour" {
    count    = 1
    key      = { "auth.user" = "user4" }
    at       = "0s"
    severity = "low"
  }
  alert "login_at_odd_hour" {
    count = 1
    key   = { "auth.user" = "user5" }
    at    = "81h"
  }
}

test "an hour of work, a machine at night, a console, and a failure" {
  learn_from {
    packets {
      start = "8h"
      count = 100
      every = "6m"
      auth {
        src     = "10.0.0.${1 + i % 20}"
        user    = "user${i % 20}"
        success = true
      }
    }
    packets {
      start = "32h"
      count = 100
      every = "6m"
      auth {
        src     = "10.0.0.${1 + i % 20}"
        user    = "user${i % 20}"
        success = true
      }
    }
    packets {
      start = "104h"
      count = 100
      every = "6m"
      auth {
        src     = "10.0.0.${1 + i % 20}"
        user    = "user${i % 20}"
        success = true
      }
    }
    packets {
      start = "128h"
      count = 100
      every = "6m"
      auth {
        src     = "10.0.0.${1 + i % 20}"
        user    = "user${i % 20}"
        success = true
      }
    }
    packets {
      start = "152h"
      count = 100
      every = "6m"
      auth {
        src     = "10.0.0.${1 + i % 20}"
        user    = "user${i % 20}"
        success = true
      }
    }
  }
  packets {
    start = "3h"
    count = 20
    every = "1s"
    auth {
      src     = "10.0.0.5"
      user    = "backup"
      success = true
    }
  }
  packets {
    start = "3h"
    auth {
      user    = "root"
      service = "login"
      success = true
    }
  }
  packets {
    start = "3h"
    auth {
      src  = "10.0.0.5"
      user = "user4"
    }
  }
  packets {
    start = "12h"
    count = 100
    every = "3m"
    auth {
      src     = "10.0.0.${1 + i % 20}"
      user    = "user${i % 20}"
      success = true
    }
  }
  alert "login_at_odd_hour" { count = 0 }
}
