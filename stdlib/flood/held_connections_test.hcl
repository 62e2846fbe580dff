test "slowloris: 150 connections, a line each 15 s" {
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
