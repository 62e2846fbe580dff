test "a host of dynamic DNS" {
  others = "allow"
  packets {
    tls {
      src = "10.0.0.30"
      dst = "203.0.113.5"
      sni = "me.duckdns.example"
    }
  }
  alert "dyndns_over_tls" {
  }
}

test "another host" {
  others = "allow"
  packets {
    tls {
      src = "10.0.0.30"
      dst = "203.0.113.5"
      sni = "www.example.com"
    }
  }
  alert "dyndns_over_tls" {
    max = 0
  }
}

test "a client that is known" {
  others = "allow"
  packets {
    tls {
      src = "10.0.0.30"
      dst = "203.0.113.5"
      sni = "www.example.com"
    }
  }
  alert "known_ja3" {
  }
}

test "a client with another list of protocols" {
  others = "allow"
  packets {
    tls {
      src  = "10.0.0.30"
      dst  = "203.0.113.5"
      sni  = "www.example.com"
      alpn = ["h2", "http/1.1"]
    }
  }
  alert "known_ja3" {
    max = 0
  }
}

test "a heartbeat of 16,384 bytes" {
  others = "allow"
  packets {
    tcp {
      src         = "198.51.100.7"
      dst         = "10.0.0.20"
      dstport     = 443
      flags       = "PA"
      payload_hex = "180302000301400000"
    }
  }
  alert "heartbleed" {
  }
}

test "an honest heartbeat" {
  others = "allow"
  packets {
    tcp {
      src         = "198.51.100.7"
      dst         = "10.0.0.20"
      dstport     = 443
      flags       = "PA"
      payload_hex = "180302001301001068656c6c6f68656c6c6f68656c6c6f31"
    }
  }
  alert "heartbleed" {
    max = 0
  }
}

test "TLS 1.0 for the first time" {
  others = "allow"
  packets {
    tls {
      src = "10.0.0.30"
      dst = "203.0.113.5"
      sni = "www.example.com"
    }
  }
  packets {
    start = "2d"
    tcp {
      src     = "10.0.0.30"
      dst     = "203.0.113.5"
      srcport = 50000
      dstport = 443
      flags   = "S"
      seq     = 1000
    }
  }
  packets {
    start = "2d"
    tcp {
      src     = "203.0.113.5"
      dst     = "10.0.0.30"
      srcport = 443
      dstport = 50000
      flags   = "SA"
      seq     = 5000
      ack     = 1001
    }
  }
  packets {
    start = "2d"
    tcp {
      src     = "10.0.0.30"
      dst     = "203.0.113.5"
      srcport = 50000
      dstport = 443
      flags   = "A"
      seq     = 1001
      ack     = 5001
    }
  }
  packets {
    start = "2d"
    tcp {
      src         = "203.0.113.5"
      dst         = "10.0.0.30"
      srcport     = 443
      dstport     = 50000
      flags       = "PA"
      seq         = 5001
      ack         = 1001
      payload_hex = "160301002a020000260301000000000000000000000000000000000000000000000000000000000000000000002f00"
    }
  }
  alert "weak_tls" {
  }
}

test "TLS 1.2" {
  others = "allow"
  packets {
    tls {
      src = "10.0.0.30"
      dst = "203.0.113.5"
      sni = "www.example.com"
    }
  }
  packets {
    start = "2d"
    tcp {
      src     = "10.0.0.30"
      dst     = "203.0.113.5"
      srcport = 50000
      dstport = 443
      flags   = "S"
      seq     = 1000
    }
  }
  packets {
    start = "2d"
    tcp {
      src     = "203.0.113.5"
      dst     = "10.0.0.30"
      srcport = 443
      dstport = 50000
      flags   = "SA"
      seq     = 5000
      ack     = 1001
    }
  }
  packets {
    start = "2d"
    tcp {
      src     = "10.0.0.30"
      dst     = "203.0.113.5"
      srcport = 50000
      dstport = 443
      flags   = "A"
      seq     = 1001
      ack     = 5001
    }
  }
  packets {
    start = "2d"
    tcp {
      src         = "203.0.113.5"
      dst         = "10.0.0.30"
      srcport     = 443
      dstport     = 50000
      flags       = "PA"
      seq         = 5001
      ack         = 1001
      payload_hex = "160303002a020000260303000000000000000000000000000000000000000000000000000000000000000000002f00"
    }
  }
  alert "weak_tls" {
    max = 0
  }
}
