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

test "what came just under 30 s before counts" {
  packets {
    count = 14
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      dstport = 20 + i
      flags   = "A"
    }
  }
  packets {
    start = "29999ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      dstport = 34
      flags   = "A"
    }
  }
  others = "allow"
  alert "ack_scan" {
    count = 1
  }
}

test "what came 30 s before no longer counts" {
  packets {
    count = 14
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      dstport = 20 + i
      flags   = "A"
    }
  }
  packets {
    start = "30s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      dstport = 34
      flags   = "A"
    }
  }
  others = "allow"
  alert "ack_scan" {
    count = 0
  }
}

test "ACK, and FIN with ACK, to ports below 1024 fire" {
  packets {
    count = 15
    every = "1s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.1"
      srcport = 40000
      dstport = 1009 + i
      flags   = "A"
    }
  }
  packets {
    count = 15
    every = "1s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.2"
      srcport = 40000
      dstport = 1009 + i
      flags   = "FA"
    }
  }
  others = "allow"
  alert "ack_scan" {
    count = 2
  }
}

test "ports from 1024 on, data and other flags stay quiet" {
  packets {
    count = 16
    every = "1s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.1"
      srcport = 40000
      dstport = 1010 + i
      flags   = "A"
    }
  }
  packets {
    count = 20
    every = "1s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.2"
      srcport = 40000
      dstport = 100 + i
      flags   = "PA"
    }
  }
  packets {
    count = 20
    every = "1s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.3"
      srcport = 40000
      dstport = 100 + i
      flags   = "A"
      payload = "a"
    }
  }
  others = "allow"
  alert "ack_scan" {
    count = 0
  }
}
