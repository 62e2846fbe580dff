test "a server that agrees to TLS 1.0 fires once a day" {
  packets {
    count = 3
    every = "1m"
    tcp {
      src         = "192.0.2.10"
      dst         = "10.0.0.5"
      srcport     = 443
      dstport     = 40000 + i
      flags       = "PA"
      seq         = 1
      ack         = 1
      payload_hex = "160301002a020000260301${repeat("00", 33)}002f00"
    }
  }
  alert "tls_old_version" {
    count = 1
    key   = { "ip.src" = "192.0.2.10", "src.port" = 443 }
    at    = "0s"
  }
}

test "TLS 1.2 stays quiet" {
  packets {
    tcp {
      src         = "192.0.2.10"
      dst         = "10.0.0.5"
      srcport     = 443
      dstport     = 40000
      flags       = "PA"
      seq         = 1
      ack         = 1
      payload_hex = "160303002a020000260303${repeat("00", 33)}002f00"
    }
  }
  alert "tls_old_version" {
    count = 0
  }
}

test "openssl, of TLS 1.0" {
  pcap = "../../testdata/pcap/openssl-tls1.pcap"
  alert "tls_old_version" {
    count = 1
  }
}
