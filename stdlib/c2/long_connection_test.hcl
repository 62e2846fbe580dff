test "four hours fire" {
  packets {
    connection {
      src       = "10.0.0.5"
      dst       = "198.51.100.7"
      dstport   = 443
      state     = "closed"
      duration  = "4h"
      bytes_out = 900000
      bytes_in  = 20000
      service   = "tls"
    }
  }
  alert "long_connection" {
    count    = 1
    severity = "low"
    key      = { "ip.src" = "10.0.0.5", "ip.dst" = "198.51.100.7", "dst.port" = 443 }
  }
}

test "twelve hours are worse" {
  packets {
    connection {
      src      = "10.0.0.5"
      dst      = "198.51.100.7"
      dstport  = 8443
      state    = "closed"
      duration = "12h"
    }
  }
  alert "long_connection" {
    severity = "medium"
  }
}

test "just under four hours stay quiet" {
  packets {
    connection {
      src      = "10.0.0.5"
      dst      = "198.51.100.7"
      dstport  = 443
      state    = "closed"
      duration = 14399.9
    }
  }
  others = "allow"
  alert "long_connection" {
    count = 0
  }
}

test "in the house stays quiet" {
  packets {
    connection {
      src      = "10.0.0.5"
      dst      = "10.0.0.6"
      dstport  = 22
      state    = "closed"
      duration = "9h"
    }
  }
  others = "allow"
  alert "long_connection" {
    count = 0
  }
}

test "packets: five hours with a few bytes" {
  packets {
    tcp {
      src     = "10.0.0.5"
      dst     = "198.51.100.7"
      dstport = 4443
    }
  }
  packets {
    start = "50ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "10.0.0.5"
      srcport = 4443
      dstport = 40000
      flags   = "SA"
      ack     = 1
    }
  }
  packets {
    count = 11
    start = "60ms"
    every = "30m"
    tcp {
      src     = "10.0.0.5"
      dst     = "198.51.100.7"
      dstport = 4443
      flags   = "PA"
      seq     = 1 + 10 * i
      ack     = 1
      payload = 10
    }
  }
  packets {
    start = "18001s"
    tcp {
      src     = "198.51.100.7"
      dst     = "10.0.0.5"
      srcport = 4443
      dstport = 40000
      flags   = "R"
      seq     = 1
    }
  }
  alert "long_connection" {
    count = 1
    at    = "18001s"
  }
}

test "twelve hours are medium, and a second less is low" {
  packets {
    connection {
      src      = "192.168.1.20"
      dst      = "203.0.113.9"
      dstport  = 443
      state    = "closed"
      duration = 43200
    }
  }
  packets {
    connection {
      src      = "192.168.1.20"
      dst      = "203.0.113.8"
      dstport  = 443
      state    = "closed"
      duration = 43199
    }
  }
  others = "allow"
  alert "long_connection" {
    count    = 1
    severity = "medium"
  }
}
