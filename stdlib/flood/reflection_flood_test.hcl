test "the five hundredth answer fires" {
  packets {
    count = 500
    every = "5ms"
    udp {
      src     = "198.51.100.${1 + i % 100}"
      dst     = "192.0.2.10"
      srcport = 123
      dstport = 40000
      payload = 454
    }
  }
  alert "reflection_flood" {
    count = 1
    key   = { "ip.dst" = "192.0.2.10", "udp.srcport" = 123 }
    at    = "2495ms"
  }
}

test "499 answers stay quiet" {
  packets {
    count = 499
    every = "5ms"
    udp {
      src     = "198.51.100.${1 + i % 100}"
      dst     = "192.0.2.10"
      srcport = 123
      dstport = 40000
      payload = 454
    }
  }
  quiet = true
}

test "answers of few servers stay quiet" {
  packets {
    count = 1000
    every = "5ms"
    udp {
      src     = "198.51.100.${1 + i % 49}"
      dst     = "192.0.2.10"
      srcport = 53
      dstport = 40000
      payload = 454
    }
  }
  quiet = true
}

test "small answers stay quiet" {
  packets {
    count = 1000
    every = "5ms"
    udp {
      src     = "198.51.100.${1 + i % 100}"
      dst     = "192.0.2.10"
      srcport = 123
      dstport = 40000
      payload = 48
    }
  }
  quiet = true
}

test "a recording of the lab" {
  pcap   = "../../testdata/pcap/hping3-reflection.pcap.gz"
  others = "allow"
  alert "reflection_flood" {
    count = 1
    key   = { "ip.dst" = "10.0.0.10", "udp.srcport" = 161 }
  }
}

test "what came just under 5 s before counts" {
  packets {
    count = 499
    every = "5ms"
    udp {
      src     = "198.51.100.${1 + i % 100}"
      dst     = "192.0.2.10"
      srcport = 123
      dstport = 40000
      payload = 454
    }
  }
  packets {
    start = "4999ms"
    udp {
      src     = "198.51.100.100"
      dst     = "192.0.2.10"
      srcport = 123
      dstport = 40000
      payload = 454
    }
  }
  others = "allow"
  alert "reflection_flood" {
    count = 1
  }
}

test "what came 5 s before no longer counts" {
  packets {
    count = 499
    every = "5ms"
    udp {
      src     = "198.51.100.${1 + i % 100}"
      dst     = "192.0.2.10"
      srcport = 123
      dstport = 40000
      payload = 454
    }
  }
  packets {
    start = "5s"
    udp {
      src     = "198.51.100.100"
      dst     = "192.0.2.10"
      srcport = 123
      dstport = 40000
      payload = 454
    }
  }
  others = "allow"
  alert "reflection_flood" {
    count = 0
  }
}

test "answers of 200 bytes of fifty servers fire" {
  packets {
    count = 500
    every = "1ms"
    udp {
      src     = "198.51.100.${1 + i % 50}"
      dst     = "192.0.2.10"
      srcport = 123
      dstport = 40000
      payload = 172
    }
  }
  others = "allow"
  alert "reflection_flood" {
    count = 1
  }
}

test "answers of 199 bytes, those of 49 servers, and those of other services stay quiet" {
  packets {
    count = 600
    every = "1ms"
    udp {
      src     = "198.51.100.${1 + i % 50}"
      dst     = "192.0.2.1"
      srcport = 123
      dstport = 40000
      payload = 171
    }
  }
  packets {
    count = 600
    every = "1ms"
    udp {
      src     = "198.51.100.${1 + i % 49}"
      dst     = "192.0.2.2"
      srcport = 123
      dstport = 40000
      payload = 172
    }
  }
  packets {
    count = 600
    every = "1ms"
    udp {
      src     = "198.51.100.${1 + i % 50}"
      dst     = "192.0.2.3"
      srcport = 124
      dstport = 40000
      payload = 172
    }
  }
  others = "allow"
  alert "reflection_flood" {
    count = 0
  }
}
