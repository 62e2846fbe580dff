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

test "what came just under 60 s before counts" {
  packets {
    count = 59
    every = "900ms"
    http {
      src  = "192.0.2.80"
      dst  = "198.51.100.7"
      code = [404, 403, 405][i % 3]
    }
  }
  packets {
    start = "59999ms"
    http {
      src  = "192.0.2.80"
      dst  = "198.51.100.7"
      code = [404, 403, 405][59 % 3]
    }
  }
  others = "allow"
  alert "http_scanner" {
    count = 1
  }
}

test "what came 60 s before no longer counts" {
  packets {
    count = 59
    every = "900ms"
    http {
      src  = "192.0.2.80"
      dst  = "198.51.100.7"
      code = [404, 403, 405][i % 3]
    }
  }
  packets {
    start = "1m"
    http {
      src  = "192.0.2.80"
      dst  = "198.51.100.7"
      code = [404, 403, 405][59 % 3]
    }
  }
  others = "allow"
  alert "http_scanner" {
    count = 0
  }
}

test "400, 403, 404, 405 and 419 are errors" {
  packets {
    count = 60
    every = "100ms"
    tcp {
      src     = "192.0.2.1"
      dst     = "198.51.100.7"
      srcport = 80
      dstport = 40000 + i
      flags   = "PA"
      payload = "HTTP/1.1 400\r\n\r\n"
    }
  }
  packets {
    count = 60
    every = "100ms"
    tcp {
      src     = "192.0.2.2"
      dst     = "198.51.100.7"
      srcport = 80
      dstport = 40000 + i
      flags   = "PA"
      payload = "HTTP/1.1 403\r\n\r\n"
    }
  }
  packets {
    count = 60
    every = "100ms"
    tcp {
      src     = "192.0.2.3"
      dst     = "198.51.100.7"
      srcport = 80
      dstport = 40000 + i
      flags   = "PA"
      payload = "HTTP/1.1 404\r\n\r\n"
    }
  }
  packets {
    count = 60
    every = "100ms"
    tcp {
      src     = "192.0.2.4"
      dst     = "198.51.100.7"
      srcport = 80
      dstport = 40000 + i
      flags   = "PA"
      payload = "HTTP/1.1 405\r\n\r\n"
    }
  }
  packets {
    count = 60
    every = "100ms"
    tcp {
      src     = "192.0.2.5"
      dst     = "198.51.100.7"
      srcport = 80
      dstport = 40000 + i
      flags   = "PA"
      payload = "HTTP/1.1 410\r\n\r\n"
    }
  }
  packets {
    count = 60
    every = "100ms"
    tcp {
      src     = "192.0.2.6"
      dst     = "198.51.100.7"
      srcport = 80
      dstport = 40000 + i
      flags   = "PA"
      payload = "HTTP/1.1 411\r\n\r\n"
    }
  }
  packets {
    count = 60
    every = "100ms"
    tcp {
      src     = "192.0.2.7"
      dst     = "198.51.100.7"
      srcport = 80
      dstport = 40000 + i
      flags   = "PA"
      payload = "HTTP/1.1 419\r\n\r\n"
    }
  }
  others = "allow"
  alert "http_scanner" {
    count = 7
  }
}

test "401, 399, 420, 500 and 200 are none" {
  packets {
    count = 90
    every = "100ms"
    tcp {
      src     = "192.0.2.1"
      dst     = "198.51.100.7"
      srcport = 80
      dstport = 40000 + i
      flags   = "PA"
      payload = "HTTP/1.1 401\r\n\r\n"
    }
  }
  packets {
    count = 90
    every = "100ms"
    tcp {
      src     = "192.0.2.2"
      dst     = "198.51.100.7"
      srcport = 80
      dstport = 40000 + i
      flags   = "PA"
      payload = "HTTP/1.1 399\r\n\r\n"
    }
  }
  packets {
    count = 90
    every = "100ms"
    tcp {
      src     = "192.0.2.3"
      dst     = "198.51.100.7"
      srcport = 80
      dstport = 40000 + i
      flags   = "PA"
      payload = "HTTP/1.1 420\r\n\r\n"
    }
  }
  packets {
    count = 90
    every = "100ms"
    tcp {
      src     = "192.0.2.4"
      dst     = "198.51.100.7"
      srcport = 80
      dstport = 40000 + i
      flags   = "PA"
      payload = "HTTP/1.1 451\r\n\r\n"
    }
  }
  packets {
    count = 90
    every = "100ms"
    tcp {
      src     = "192.0.2.5"
      dst     = "198.51.100.7"
      srcport = 80
      dstport = 40000 + i
      flags   = "PA"
      payload = "HTTP/1.1 500\r\n\r\n"
    }
  }
  packets {
    count = 90
    every = "100ms"
    tcp {
      src     = "192.0.2.6"
      dst     = "198.51.100.7"
      srcport = 80
      dstport = 40000 + i
      flags   = "PA"
      payload = "HTTP/1.1 503\r\n\r\n"
    }
  }
  packets {
    count = 90
    every = "100ms"
    tcp {
      src     = "192.0.2.7"
      dst     = "198.51.100.7"
      srcport = 80
      dstport = 40000 + i
      flags   = "PA"
      payload = "HTTP/1.1 200\r\n\r\n"
    }
  }
  packets {
    count = 90
    every = "100ms"
    tcp {
      src     = "192.0.2.8"
      dst     = "198.51.100.7"
      srcport = 80
      dstport = 40000 + i
      flags   = "PA"
      payload = "HTTP/1.1 301\r\n\r\n"
    }
  }
  others = "allow"
  alert "http_scanner" {
    count = 0
  }
}

test "nine of ten fire" {
  packets {
    count = 7
    every = "100ms"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 80
      dstport = 40000 + i
      flags   = "PA"
      payload = "HTTP/1.1 200\r\n\r\n"
    }
  }
  packets {
    count = 63
    every = "100ms"
    start = "10s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 80
      dstport = 40000 + i
      flags   = "PA"
      payload = "HTTP/1.1 404\r\n\r\n"
    }
  }
  others = "allow"
  alert "http_scanner" {
    count = 1
  }
}

test "less than nine of ten stay quiet" {
  packets {
    count = 8
    every = "100ms"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 80
      dstport = 40000 + i
      flags   = "PA"
      payload = "HTTP/1.1 200\r\n\r\n"
    }
  }
  packets {
    count = 63
    every = "100ms"
    start = "10s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 80
      dstport = 40000 + i
      flags   = "PA"
      payload = "HTTP/1.1 404\r\n\r\n"
    }
  }
  others = "allow"
  alert "http_scanner" {
    count = 0
  }
}
