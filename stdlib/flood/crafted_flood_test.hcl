test "the 200th packet fires, whatever its addresses" {
  packets {
    count = 200
    every = "10ms"
    udp {
      src     = "203.0.113.${1 + i % 200}"
      dst     = "10.0.0.${1 + i % 60}"
      srcport = 2
      dstport = 80
      id      = 1
      payload = 900
    }
  }
  others = "allow"
  alert "crafted_flood" {
    count = 1
    at    = "1.99s"
  }
}

test "199 stay quiet" {
  packets {
    count = 199
    every = "10ms"
    udp {
      src     = "203.0.113.${1 + i}"
      dst     = "10.0.0.10"
      srcport = 2
      dstport = 80
      id      = 1
      payload = 900
    }
  }
  others = "allow"
  alert "crafted_flood" {
    count = 0
  }
}

test "packets with other numbers, and of one source, stay quiet" {
  packets {
    count = 600
    every = "5ms"
    udp {
      src     = "198.51.100.8"
      dst     = "10.0.0.10"
      srcport = 2000
      dstport = 80
      id      = 2 + i
      payload = 900
    }
  }
  packets {
    count = 300
    every = "10ms"
    udp {
      src     = "198.51.100.8"
      dst     = "10.0.0.11"
      srcport = 2000
      dstport = 5060
      id      = 1
      payload = 172
    }
  }
  others = "allow"
  alert "crafted_flood" {
    count = 0
  }
}
