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
