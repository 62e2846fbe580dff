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

test "what came just under 60 s before counts" {
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
  packets {
    start = "59999ms"
    udp {
      src     = "192.168.1.46"
      dst     = "203.0.113.100"
      srcport = 57312
      dstport = 6892
      payload = 27
    }
  }
  others = "allow"
  alert "udp_spray" {
    count = 1
  }
}

test "what came 60 s before no longer counts" {
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
  packets {
    start = "1m"
    udp {
      src     = "192.168.1.46"
      dst     = "203.0.113.100"
      srcport = 57312
      dstport = 6892
      payload = 27
    }
  }
  others = "allow"
  alert "udp_spray" {
    count = 0
  }
}

test "the edges of the ports of clients and servers fire" {
  packets {
    count = 100
    every = "100ms"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.${1 + i}"
      srcport = 32768
      dstport = 1024
    }
  }
  packets {
    count = 100
    every = "100ms"
    udp {
      src     = "198.51.100.8"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000
      dstport = 32767
    }
  }
  others = "allow"
  alert "udp_spray" {
    count = 2
  }
}

test "from a lower port, and to ports beside, stay quiet" {
  packets {
    count = 100
    every = "100ms"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.${1 + i}"
      srcport = 32767
      dstport = 9999
    }
  }
  packets {
    count = 100
    every = "100ms"
    udp {
      src     = "198.51.100.8"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000
      dstport = 1023
    }
  }
  packets {
    count = 100
    every = "100ms"
    udp {
      src     = "198.51.100.9"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000
      dstport = 32768
    }
  }
  others = "allow"
  alert "udp_spray" {
    count = 0
  }
}

test "ports of trackers and peers stay quiet" {
  packets {
    count = 100
    every = "100ms"
    udp {
      src     = "198.51.100.1"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000
      dstport = 1337
    }
  }
  packets {
    count = 100
    every = "100ms"
    udp {
      src     = "198.51.100.2"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000
      dstport = 2710
    }
  }
  packets {
    count = 100
    every = "100ms"
    udp {
      src     = "198.51.100.3"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000
      dstport = 4665
    }
  }
  packets {
    count = 100
    every = "100ms"
    udp {
      src     = "198.51.100.4"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000
      dstport = 4672
    }
  }
  packets {
    count = 100
    every = "100ms"
    udp {
      src     = "198.51.100.5"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000
      dstport = 6346
    }
  }
  packets {
    count = 100
    every = "100ms"
    udp {
      src     = "198.51.100.6"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000
      dstport = 6347
    }
  }
  packets {
    count = 100
    every = "100ms"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000
      dstport = 6969
    }
  }
  packets {
    count = 100
    every = "100ms"
    udp {
      src     = "198.51.100.8"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000
      dstport = 30303
    }
  }
  packets {
    count = 100
    every = "100ms"
    udp {
      src     = "198.51.100.9"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000
      dstport = 6881
    }
  }
  packets {
    count = 100
    every = "100ms"
    udp {
      src     = "198.51.100.10"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000
      dstport = 6889
    }
  }
  others = "allow"
  alert "udp_spray" {
    count = 0
  }
}

test "the ports beside these fire" {
  packets {
    count = 100
    every = "100ms"
    udp {
      src     = "198.51.100.1"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000
      dstport = 1336
    }
  }
  packets {
    count = 100
    every = "100ms"
    udp {
      src     = "198.51.100.2"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000
      dstport = 1338
    }
  }
  packets {
    count = 100
    every = "100ms"
    udp {
      src     = "198.51.100.3"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000
      dstport = 2709
    }
  }
  packets {
    count = 100
    every = "100ms"
    udp {
      src     = "198.51.100.4"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000
      dstport = 2711
    }
  }
  packets {
    count = 100
    every = "100ms"
    udp {
      src     = "198.51.100.5"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000
      dstport = 4664
    }
  }
  packets {
    count = 100
    every = "100ms"
    udp {
      src     = "198.51.100.6"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000
      dstport = 4666
    }
  }
  packets {
    count = 100
    every = "100ms"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000
      dstport = 4671
    }
  }
  packets {
    count = 100
    every = "100ms"
    udp {
      src     = "198.51.100.8"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000
      dstport = 4673
    }
  }
  packets {
    count = 100
    every = "100ms"
    udp {
      src     = "198.51.100.9"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000
      dstport = 6345
    }
  }
  packets {
    count = 100
    every = "100ms"
    udp {
      src     = "198.51.100.10"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000
      dstport = 6348
    }
  }
  packets {
    count = 100
    every = "100ms"
    udp {
      src     = "198.51.100.11"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000
      dstport = 6968
    }
  }
  packets {
    count = 100
    every = "100ms"
    udp {
      src     = "198.51.100.12"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000
      dstport = 6970
    }
  }
  packets {
    count = 100
    every = "100ms"
    udp {
      src     = "198.51.100.13"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000
      dstport = 30302
    }
  }
  packets {
    count = 100
    every = "100ms"
    udp {
      src     = "198.51.100.14"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000
      dstport = 30304
    }
  }
  packets {
    count = 100
    every = "100ms"
    udp {
      src     = "198.51.100.15"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000
      dstport = 6880
    }
  }
  packets {
    count = 100
    every = "100ms"
    udp {
      src     = "198.51.100.16"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000
      dstport = 6890
    }
  }
  others = "allow"
  alert "udp_spray" {
    count = 16
  }
}
