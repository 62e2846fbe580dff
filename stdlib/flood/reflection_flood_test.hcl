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
