test "slowloris: 150 connections, a line each 15 s" {
  set = { held_connections_connections = 100 }
  packets {
    count = 600
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.80"
      srcport = 40000 + i % 150
      dstport = 80
      flags   = "PA"
      seq     = 1000 + 10 * floor(i / 150)
      ack     = 1
      payload = "X-a: ${1000 + i}\r\n"
    }
  }
  alert "held_connections" {
    count = 1
    key   = { "ip.src" = "198.51.100.7", "ip.dst" = "192.0.2.80", "tcp.dstport" = 80 }
  }
}

test "99 connections stay quiet" {
  set = { held_connections_connections = 100 }
  packets {
    count = 594
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.80"
      srcport = 40000 + i % 99
      dstport = 80
      flags   = "PA"
      seq     = 1000 + 12 * floor(i / 99)
      ack     = 1
      payload = "X-a: ${1000 + i}\r\n"
    }
  }
  alert "held_connections" {
    count = 0
  }
}

test "many small bodies, one on each connection, stay quiet" {
  set = { held_connections_connections = 100 }
  packets {
    count = 500
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.80"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      seq     = 200
      ack     = 1
      payload = "{\"temperature\": 21}"
    }
  }
  alert "held_connections" {
    count = 0
  }
}

test "a recording of the lab" {
  pcap   = "../../testdata/pcap/slowhttptest.pcap.gz"
  others = "allow"
  alert "held_connections" {
    count = 1
    key   = { "ip.src" = "198.51.100.8", "ip.dst" = "10.0.0.10" }
  }
}

test "two pieces on each of a hundred connections fire, on each port of web servers" {
  set = { held_connections_connections = 100 }
  packets {
    count = 200
    every = "100ms"
    tcp {
      src     = "198.51.100.1"
      dst     = "192.0.2.10"
      srcport = 40000 + i % 100
      dstport = 80
      flags   = "PA"
      seq     = 1000 + 100 * floor(i / 100)
      ack     = 1
      payload = "X-a: ${1000 + i}\r\n"
    }
  }
  packets {
    count = 200
    every = "100ms"
    tcp {
      src     = "198.51.100.2"
      dst     = "192.0.2.10"
      srcport = 40000 + i % 100
      dstport = 8000
      flags   = "PA"
      seq     = 1000 + 100 * floor(i / 100)
      ack     = 1
      payload = "X-a: ${1000 + i}\r\n"
    }
  }
  packets {
    count = 200
    every = "100ms"
    tcp {
      src     = "198.51.100.3"
      dst     = "192.0.2.10"
      srcport = 40000 + i % 100
      dstport = 8080
      flags   = "PA"
      seq     = 1000 + 100 * floor(i / 100)
      ack     = 1
      payload = "X-a: ${1000 + i}\r\n"
    }
  }
  others = "allow"
  alert "held_connections" {
    count = 3
  }
}

test "pieces on other ports stay quiet" {
  set = { held_connections_connections = 100 }
  packets {
    count = 200
    every = "100ms"
    tcp {
      src     = "198.51.100.1"
      dst     = "192.0.2.10"
      srcport = 40000 + i % 100
      dstport = 79
      flags   = "PA"
      seq     = 1000 + 100 * floor(i / 100)
      ack     = 1
      payload = "X-a: ${1000 + i}\r\n"
    }
  }
  packets {
    count = 200
    every = "100ms"
    tcp {
      src     = "198.51.100.2"
      dst     = "192.0.2.10"
      srcport = 40000 + i % 100
      dstport = 81
      flags   = "PA"
      seq     = 1000 + 100 * floor(i / 100)
      ack     = 1
      payload = "X-a: ${1000 + i}\r\n"
    }
  }
  packets {
    count = 200
    every = "100ms"
    tcp {
      src     = "198.51.100.3"
      dst     = "192.0.2.10"
      srcport = 40000 + i % 100
      dstport = 7999
      flags   = "PA"
      seq     = 1000 + 100 * floor(i / 100)
      ack     = 1
      payload = "X-a: ${1000 + i}\r\n"
    }
  }
  packets {
    count = 200
    every = "100ms"
    tcp {
      src     = "198.51.100.4"
      dst     = "192.0.2.10"
      srcport = 40000 + i % 100
      dstport = 8001
      flags   = "PA"
      seq     = 1000 + 100 * floor(i / 100)
      ack     = 1
      payload = "X-a: ${1000 + i}\r\n"
    }
  }
  packets {
    count = 200
    every = "100ms"
    tcp {
      src     = "198.51.100.5"
      dst     = "192.0.2.10"
      srcport = 40000 + i % 100
      dstport = 8079
      flags   = "PA"
      seq     = 1000 + 100 * floor(i / 100)
      ack     = 1
      payload = "X-a: ${1000 + i}\r\n"
    }
  }
  packets {
    count = 200
    every = "100ms"
    tcp {
      src     = "198.51.100.6"
      dst     = "192.0.2.10"
      srcport = 40000 + i % 100
      dstport = 8081
      flags   = "PA"
      seq     = 1000 + 100 * floor(i / 100)
      ack     = 1
      payload = "X-a: ${1000 + i}\r\n"
    }
  }
  others = "allow"
  alert "held_connections" {
    count = 0
  }
}

test "pieces of one byte and of 64 count" {
  set = { held_connections_connections = 100 }
  packets {
    count = 200
    every = "100ms"
    tcp {
      src     = "198.51.100.1"
      dst     = "192.0.2.10"
      srcport = 40000 + i % 100
      dstport = 80
      flags   = "PA"
      seq     = 1000 + 100 * floor(i / 100)
      ack     = 1
      payload = "a"
    }
  }
  packets {
    count = 200
    every = "100ms"
    tcp {
      src     = "198.51.100.2"
      dst     = "192.0.2.10"
      srcport = 40000 + i % 100
      dstport = 80
      flags   = "PA"
      seq     = 1000 + 100 * floor(i / 100)
      ack     = 1
      payload = repeat("a", 64)
    }
  }
  others = "allow"
  alert "held_connections" {
    count = 2
  }
}

test "pieces of 65 bytes, empty ones, and what no head begins with stay quiet" {
  set = { held_connections_connections = 100 }
  packets {
    count = 200
    every = "100ms"
    tcp {
      src     = "198.51.100.1"
      dst     = "192.0.2.10"
      srcport = 40000 + i % 100
      dstport = 80
      flags   = "PA"
      seq     = 1000 + 100 * floor(i / 100)
      ack     = 1
      payload = repeat("a", 65)
    }
  }
  packets {
    count = 200
    every = "100ms"
    tcp {
      src     = "198.51.100.2"
      dst     = "192.0.2.10"
      srcport = 40000 + i % 100
      dstport = 80
      flags   = "PA"
      seq     = 1000 + 100 * floor(i / 100)
      ack     = 1
      payload = 0
    }
  }
  packets {
    count = 200
    every = "100ms"
    tcp {
      src     = "198.51.100.3"
      dst     = "192.0.2.10"
      srcport = 40000 + i % 100
      dstport = 80
      flags   = "PA"
      seq     = 1000 + 100 * floor(i / 100)
      ack     = 1
      payload = "\u001faaa"
    }
  }
  packets {
    count = 200
    every = "100ms"
    tcp {
      src     = "198.51.100.4"
      dst     = "192.0.2.10"
      srcport = 40000 + i % 100
      dstport = 80
      flags   = "PA"
      seq     = 1000 + 100 * floor(i / 100)
      ack     = 1
      payload = "\u007faaa"
    }
  }
  others = "allow"
  alert "held_connections" {
    count = 0
  }
}

test "a space and a tilde begin a piece" {
  set = { held_connections_connections = 100 }
  packets {
    count = 200
    every = "100ms"
    tcp {
      src     = "198.51.100.1"
      dst     = "192.0.2.10"
      srcport = 40000 + i % 100
      dstport = 80
      flags   = "PA"
      seq     = 1000 + 100 * floor(i / 100)
      ack     = 1
      payload = " a"
    }
  }
  packets {
    count = 200
    every = "100ms"
    tcp {
      src     = "198.51.100.2"
      dst     = "192.0.2.10"
      srcport = 40000 + i % 100
      dstport = 80
      flags   = "PA"
      seq     = 1000 + 100 * floor(i / 100)
      ack     = 1
      payload = "~a"
    }
  }
  others = "allow"
  alert "held_connections" {
    count = 2
  }
}

test "short requests stay quiet" {
  set = { held_connections_connections = 100 }
  packets {
    count = 200
    every = "100ms"
    tcp {
      src     = "198.51.100.1"
      dst     = "192.0.2.10"
      srcport = 40000 + i % 100
      dstport = 80
      flags   = "PA"
      seq     = 1000 + 100 * floor(i / 100)
      ack     = 1
      payload = "GET / HTTP/1.1\r\n\r\n"
    }
  }
  packets {
    count = 200
    every = "100ms"
    tcp {
      src     = "198.51.100.2"
      dst     = "192.0.2.10"
      srcport = 40000 + i % 100
      dstport = 80
      flags   = "PA"
      seq     = 1000 + 100 * floor(i / 100)
      ack     = 1
      payload = "POST / HTTP/1.1\r\n\r\n"
    }
  }
  packets {
    count = 200
    every = "100ms"
    tcp {
      src     = "198.51.100.3"
      dst     = "192.0.2.10"
      srcport = 40000 + i % 100
      dstport = 80
      flags   = "PA"
      seq     = 1000 + 100 * floor(i / 100)
      ack     = 1
      payload = "HEAD / HTTP/1.1\r\n\r\n"
    }
  }
  packets {
    count = 200
    every = "100ms"
    tcp {
      src     = "198.51.100.4"
      dst     = "192.0.2.10"
      srcport = 40000 + i % 100
      dstport = 80
      flags   = "PA"
      seq     = 1000 + 100 * floor(i / 100)
      ack     = 1
      payload = "PUT / HTTP/1.1\r\n\r\n"
    }
  }
  packets {
    count = 200
    every = "100ms"
    tcp {
      src     = "198.51.100.5"
      dst     = "192.0.2.10"
      srcport = 40000 + i % 100
      dstport = 80
      flags   = "PA"
      seq     = 1000 + 100 * floor(i / 100)
      ack     = 1
      payload = "OPTIONS / HTTP/1.1\r\n\r\n"
    }
  }
  others = "allow"
  alert "held_connections" {
    count = 0
  }
}

test "a hundred connections, one of them with one piece, stay quiet" {
  set = { held_connections_connections = 100 }
  packets {
    count = 199
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i % 100
      dstport = 80
      flags   = "PA"
      seq     = 1000 + 100 * floor(i / 100)
      ack     = 1
      payload = "X-a: 1\r\n"
    }
  }
  others = "allow"
  alert "held_connections" {
    count = 0
  }
}

test "19 connections stay quiet" {
  packets {
    count = 114
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.80"
      srcport = 40000 + i % 19
      dstport = 80
      flags   = "PA"
      seq     = 1000 + 12 * floor(i / 19)
      ack     = 1
      payload = "X-a: ${1000 + i}\r\n"
    }
  }
  alert "held_connections" {
    count = 0
  }
}

test "20 connections fire" {
  packets {
    count = 120
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.80"
      srcport = 40000 + i % 20
      dstport = 80
      flags   = "PA"
      seq     = 1000 + 12 * floor(i / 20)
      ack     = 1
      payload = "X-a: ${1000 + i}\r\n"
    }
  }
  alert "held_connections" {
    count = 1
  }
}
