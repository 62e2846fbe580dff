test "the fifty-first small packet of one flow in a second fires" {
  packets {
    count = 51
    every = "10ms"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 9999
    }
  }
  alert "flow_small_packets" {
    count = 1
    key   = { "ip.src" = "198.51.100.7", "ip.dst" = "192.0.2.10" }
    at    = "500ms"
  }
}

test "fifty small packets in a second stay quiet" {
  packets {
    count = 50
    every = "10ms"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 9999
    }
  }
  alert "flow_small_packets" {
    count = 0
  }
}

test "large packets at any rate stay quiet" {
  packets {
    count = 500
    every = "2ms"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 9999
      payload = 1000
    }
  }
  alert "flow_small_packets" {
    count = 0
  }
}

test "IPv6" {
  packets {
    count = 51
    every = "10ms"
    udp {
      src     = "2001:db8:7::1"
      dst     = "2001:db8::10"
      srcport = 40000
      dstport = 9999
    }
  }
  alert "flow_small_packets" {
    count = 1
    at    = "500ms"
  }
}

test "a frame of 99 bytes is small" {
  packets {
    count = 51
    every = "10ms"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 9999
      payload = 57
    }
  }
  alert "flow_small_packets" { count = 1 }
}

test "a frame of 100 bytes is not" {
  packets {
    count = 51
    every = "10ms"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 9999
      payload = 58
    }
  }
  alert "flow_small_packets" { count = 0 }
}
