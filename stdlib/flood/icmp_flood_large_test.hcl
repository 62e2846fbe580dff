test "the fiftieth large ping fires" {
  packets {
    count = 50
    every = "190ms"
    icmp {
      src     = "198.51.100.8"
      dst     = "10.0.0.10"
      seq     = i
      payload = 1400
    }
  }
  others = "allow"
  alert "icmp_flood_large" {
    count = 1
    key   = { "ip.src" = "198.51.100.8", "ip.dst" = "10.0.0.10" }
    at    = "9.31s"
  }
}

test "49 stay quiet" {
  packets {
    count = 49
    every = "190ms"
    icmp {
      src     = "198.51.100.8"
      dst     = "10.0.0.10"
      seq     = i
      payload = 1400
    }
  }
  others = "allow"
  alert "icmp_flood_large" {
    count = 0
  }
}

test "small pings stay quiet" {
  packets {
    count = 90
    every = "100ms"
    icmp {
      src     = "198.51.100.8"
      dst     = "10.0.0.10"
      seq     = i
      payload = 56
    }
  }
  others = "allow"
  alert "icmp_flood_large" {
    count = 0
  }
}

test "large pings each second stay quiet" {
  packets {
    count = 60
    every = "1s"
    icmp {
      src     = "198.51.100.8"
      dst     = "10.0.0.10"
      seq     = i
      payload = 1400
    }
  }
  others = "allow"
  alert "icmp_flood_large" {
    count = 0
  }
}
