test "a timestamp request of zeros fires" {
  packets {
    count = 3
    every = "1s"
    icmp {
      src         = "198.51.100.7"
      dst         = "10.0.0.20"
      type        = 13
      code        = 0
      payload_hex = "000000000000000000000000"
    }
  }
  alert "nmap_ping" {
    count = 1
    key   = { "ip.src" = "198.51.100.7" }
    at    = "0s"
  }
}

test "a timestamp request with the time stays quiet" {
  packets {
    count = 3
    every = "1s"
    icmp {
      src         = "198.51.100.7"
      dst         = "10.0.0.20"
      type        = 13
      code        = 0
      payload_hex = "01f3a2b40000000000000000"
    }
  }
  quiet = true
}

test "one that is cut short, and a ping of zeros, stay quiet" {
  packets {
    count = 2
    every = "1s"
    icmp {
      src         = "198.51.100.7"
      dst         = "10.0.0.20"
      type        = [13, 8][i]
      code        = 0
      payload_hex = ["00000000", "000000000000000000000000"][i]
    }
  }
  quiet = true
}

test "nmap -sn" {
  pcap = "../../testdata/pcap/nmap-discovery.pcap"
  alert "nmap_ping" {
    count = 1
    key   = { "ip.src" = "198.51.100.7" }
  }
}
