test "the fifteenth port fires" {
  packets {
    count = 15
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      dstport = 20 + i
      flags   = "A"
    }
  }
  alert "ack_scan" {
    count = 1
    key   = { "ip.src" = "198.51.100.7", "ip.dst" = "192.0.2.10" }
    at    = "1.4s"
  }
}

test "fourteen ports stay quiet" {
  packets {
    count = 100
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      dstport = 20 + i % 14
      flags   = "FA"
    }
  }
  others = "allow"
  alert "ack_scan" {
    count = 0
  }
}

test "connections of the middle of a capture to many hosts stay quiet" {
  packets {
    count = 200
    every = "10ms"
    tcp {
      src     = "10.0.0.1"
      dst     = "192.0.2.${i % 200 + 1}"
      srcport = 40000 + i
      dstport = [80, 443, 22, 993][i % 4]
      flags   = "A"
    }
  }
  others = "allow"
  alert "ack_scan" {
    count = 0
  }
}

test "a recording of the lab" {
  pcap   = "../../testdata/pcap/nmap-ack.pcap"
  others = "allow"
  alert "ack_scan" {
    count = 1
    key   = { "ip.src" = "198.51.100.7", "ip.dst" = "10.0.0.20" }
  }
}
