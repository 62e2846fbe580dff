test "the five hundredth request fires" {
  packets {
    count = 500
    every = "19ms"
    http {
      src     = "198.51.100.7"
      dst     = "192.0.2.80"
      srcport = 1024 + i
      uri     = "/search?q=${i}"
    }
  }
  others = "allow"
  alert "http_flood" {
    count = 1
    key   = { "ip.src" = "198.51.100.7", "ip.dst" = "192.0.2.80" }
  }
}

test "499 requests are no flood" {
  packets {
    count = 499
    every = "19ms"
    http {
      src     = "198.51.100.7"
      dst     = "192.0.2.80"
      srcport = 1024 + i
      uri     = "/search?q=${i}"
    }
  }
  others = "allow"
  alert "http_flood" {
    count = 0
  }
}

test "a recording of the lab" {
  pcap   = "../../testdata/pcap/ab.pcap.gz"
  others = "allow"
  alert "http_flood" {
    count = 1
    key   = { "ip.src" = "198.51.100.8", "ip.dst" = "10.0.0.10" }
  }
}
