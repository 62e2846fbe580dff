test "the twenty-fifth host that refuses an ACK fires" {
  packets {
    count = 25
    every = "1s"
    tcp {
      src     = "192.0.2.${1 + i}"
      dst     = "198.51.100.7"
      srcport = 443
      dstport = 40000
      flags   = "R"
    }
  }
  alert "ack_sweep" {
    count = 1
    at    = "24s"
  }
}

test "24 hosts stay quiet" {
  packets {
    count = 24
    every = "1s"
    tcp {
      src     = "192.0.2.${1 + i}"
      dst     = "198.51.100.7"
      srcport = 443
      dstport = 40000
      flags   = "R"
    }
  }
  quiet = true
}

test "a proxy whose servers answer late packets so stays quiet" {
  packets {
    count = 20
    every = "1s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000 + i
      dstport = 443
    }
  }
  packets {
    count = 40
    start = "500ms"
    every = "1s"
    tcp {
      src     = "192.0.2.${1 + i}"
      dst     = "198.51.100.7"
      srcport = 443
      dstport = 40000 + i
      flags   = "R"
    }
  }
  alert "ack_sweep" {
    count = 0
  }
}

test "what came just under 60 s before counts" {
  packets {
    count = 24
    every = "1s"
    tcp {
      src     = "192.0.2.${1 + i}"
      dst     = "198.51.100.7"
      srcport = 443
      dstport = 40000
      flags   = "R"
    }
  }
  packets {
    start = "59999ms"
    tcp {
      src     = "192.0.2.25"
      dst     = "198.51.100.7"
      srcport = 443
      dstport = 40000
      flags   = "R"
    }
  }
  others = "allow"
  alert "ack_sweep" {
    count = 1
  }
}

test "what came 60 s before no longer counts" {
  packets {
    count = 24
    every = "1s"
    tcp {
      src     = "192.0.2.${1 + i}"
      dst     = "198.51.100.7"
      srcport = 443
      dstport = 40000
      flags   = "R"
    }
  }
  packets {
    start = "1m"
    tcp {
      src     = "192.0.2.25"
      dst     = "198.51.100.7"
      srcport = 443
      dstport = 40000
      flags   = "R"
    }
  }
  others = "allow"
  alert "ack_sweep" {
    count = 0
  }
}

test "hosts that SYN with ECN were sent to count as opened" {
  packets {
    count = 13
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000 + i
      dstport = 80
      flags   = "SEC"
    }
  }
  packets {
    count = 26
    every = "100ms"
    start = "5s"
    tcp {
      src     = "192.0.2.${1 + i}"
      dst     = "198.51.100.7"
      srcport = 80
      dstport = 40000
      flags   = "R"
    }
  }
  others = "allow"
  alert "ack_sweep" {
    count = 0
  }
}

test "one more than twice as many fires" {
  packets {
    count = 13
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000 + i
      dstport = 80
      flags   = "SEC"
    }
  }
  packets {
    count = 27
    every = "100ms"
    start = "5s"
    tcp {
      src     = "192.0.2.${1 + i}"
      dst     = "198.51.100.7"
      srcport = 80
      dstport = 40000
      flags   = "R"
    }
  }
  others = "allow"
  alert "ack_sweep" {
    count = 1
  }
}

test "RST with data stays quiet" {
  packets {
    count = 40
    every = "100ms"
    tcp {
      src     = "192.0.2.${1 + i}"
      dst     = "198.51.100.7"
      srcport = 80
      dstport = 40000
      flags   = "R"
      payload = "a"
    }
  }
  others = "allow"
  alert "ack_sweep" {
    count = 0
  }
}
