test "the sixtieth error fires" {
  packets {
    count = 60
    every = "900ms"
    http {
      src  = "192.0.2.80"
      dst  = "198.51.100.7"
      code = [404, 403, 405][i % 3]
    }
  }
  alert "http_scanner" {
    count = 1
    key   = { "ip.dst" = "198.51.100.7", "ip.src" = "192.0.2.80" }
  }
}

test "59 errors stay quiet" {
  packets {
    count = 59
    every = "900ms"
    http {
      src  = "192.0.2.80"
      dst  = "198.51.100.7"
      code = 404
    }
  }
  alert "http_scanner" {
    count = 0
  }
}

test "a recording of the lab" {
  pcap   = "../../testdata/pcap/gobuster.pcap.gz"
  others = "allow"
  alert "http_scanner" {
    count = 1
    key   = { "ip.dst" = "198.51.100.7", "ip.src" = "10.0.0.10" }
  }
}
