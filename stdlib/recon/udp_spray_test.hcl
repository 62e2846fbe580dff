test "the hundredth host fires" {
  packets {
    count = 100
    every = "10ms"
    udp {
      src     = "192.168.1.46"
      dst     = "203.0.113.${1 + i}"
      srcport = 57312
      dstport = 6892
      payload = 27
    }
  }
  alert "udp_spray" {
    count = 1
    key   = { "ip.src" = "192.168.1.46", "udp.dstport" = 6892 }
    at    = "990ms"
  }
}

test "99 hosts stay quiet" {
  packets {
    count = 99
    every = "10ms"
    udp {
      src     = "192.168.1.46"
      dst     = "203.0.113.${1 + i}"
      srcport = 57312
      dstport = 6892
      payload = 27
    }
  }
  quiet = true
}

test "so many ports that none has a hundred hosts stay quiet" {
  packets {
    count = 200
    every = "10ms"
    udp {
      src     = "192.168.1.46"
      dst     = "203.0.113.${1 + i}"
      srcport = 57312
      dstport = 20000 + i % 3
      payload = 27
    }
  }
  quiet = true
}

test "peers of BitTorrent, STUN, and what a server says to ports of clients, stay quiet" {
  packets {
    count = 150
    every = "10ms"
    udp {
      src     = "192.168.1.46"
      dst     = "203.0.113.${1 + i}"
      srcport = 57312
      dstport = 6881
      payload = 27
    }
  }
  packets {
    count = 150
    every = "10ms"
    start = "10s"
    udp {
      src     = "192.168.1.47"
      dst     = "203.0.113.${1 + i}"
      srcport = 57312
      dstport = 3478
      payload = 27
    }
  }
  packets {
    count = 150
    every = "10ms"
    start = "20s"
    udp {
      src     = "192.168.1.48"
      dst     = "203.0.113.${1 + i}"
      srcport = 27015
      dstport = 27005
      payload = 27
    }
  }
  packets {
    count = 150
    every = "10ms"
    start = "30s"
    udp {
      src     = "192.168.1.49"
      dst     = "203.0.113.${1 + i}"
      srcport = 57312
      dstport = 40000
      payload = 27
    }
  }
  others = "allow"
  alert "udp_spray" {
    count = 0
  }
}

test "what looks after all other hosts stays quiet, and its neighbour fires" {
  set = { monitors = ["192.168.1.20"] }
  packets {
    count = 120
    every = "10ms"
    udp {
      src     = "192.168.1.20"
      dst     = "203.0.113.${1 + i}"
      srcport = 57312
      dstport = 20000
      payload = 27
    }
  }
  packets {
    count = 120
    every = "10ms"
    start = "10s"
    udp {
      src     = "192.168.1.21"
      dst     = "203.0.113.${1 + i}"
      srcport = 57312
      dstport = 20000
      payload = 27
    }
  }
  alert "udp_spray" {
    count = 1
    key   = { "ip.src" = "192.168.1.21" }
  }
}
