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

test "what came just under 10 s before counts" {
  packets {
    count = 499
    every = "10ms"
    http {
      src     = "198.51.100.7"
      dst     = "192.0.2.80"
      srcport = 1024 + i
      uri     = "/search?q=${i}"
    }
  }
  packets {
    start = "9999ms"
    http {
      src     = "198.51.100.7"
      dst     = "192.0.2.80"
      srcport = 1523
      uri     = "/search?q=499"
    }
  }
  others = "allow"
  alert "http_flood" {
    count = 1
  }
}

test "what came 10 s before no longer counts" {
  packets {
    count = 499
    every = "10ms"
    http {
      src     = "198.51.100.7"
      dst     = "192.0.2.80"
      srcport = 1024 + i
      uri     = "/search?q=${i}"
    }
  }
  packets {
    start = "10s"
    http {
      src     = "198.51.100.7"
      dst     = "192.0.2.80"
      srcport = 1523
      uri     = "/search?q=499"
    }
  }
  others = "allow"
  alert "http_flood" {
    count = 0
  }
}

test "a proxy, by each name of what it says, stays quiet" {
  packets {
    count = 500
    every = "10ms"
    tcp {
      src     = "198.51.100.1"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      payload = "GET / HTTP/1.1\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n"
    }
  }
  packets {
    count = 500
    every = "10ms"
    tcp {
      src     = "198.51.100.2"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      payload = "GET / HTTP/1.1\r\nx-forwarded-for: 203.0.113.9\r\n\r\n"
    }
  }
  packets {
    count = 500
    every = "10ms"
    tcp {
      src     = "198.51.100.3"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      payload = "GET / HTTP/1.1\r\nX-Real-IP: 203.0.113.9\r\n\r\n"
    }
  }
  packets {
    count = 500
    every = "10ms"
    tcp {
      src     = "198.51.100.4"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      payload = "GET / HTTP/1.1\r\nx-real-ip: 203.0.113.9\r\n\r\n"
    }
  }
  packets {
    count = 500
    every = "10ms"
    tcp {
      src     = "198.51.100.5"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      payload = "GET / HTTP/1.1\r\nForwarded: 203.0.113.9\r\n\r\n"
    }
  }
  packets {
    count = 500
    every = "10ms"
    tcp {
      src     = "198.51.100.6"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      payload = "GET / HTTP/1.1\r\nVia: 203.0.113.9\r\n\r\n"
    }
  }
  packets {
    count = 500
    every = "10ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      payload = "GET / HTTP/1.1\r\nvia: 203.0.113.9\r\n\r\n"
    }
  }
  others = "allow"
  alert "http_flood" {
    count = 0
  }
}

test "a host that asks itself stays quiet" {
  packets {
    count = 500
    every = "10ms"
    tcp {
      src     = "127.0.0.1"
      dst     = "127.0.0.1"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      payload = "GET / HTTP/1.1\r\n\r\n"
    }
  }
  others = "allow"
  alert "http_flood" {
    count = 0
  }
}
