test "a reply from another hardware address fires" {
  packets {
    arp {
      opcode  = 2
      src_mac = "02:00:00:00:00:01"
      src_ip  = "192.0.2.1"
      dst_mac = "02:00:00:00:00:20"
      dst_ip  = "192.0.2.20"
    }
  }
  packets {
    start = "1s"
    arp {
      opcode  = 2
      src_mac = "02:00:00:00:00:66"
      src_ip  = "192.0.2.1"
      dst_mac = "02:00:00:00:00:20"
      dst_ip  = "192.0.2.20"
    }
  }
  alert "arp_spoof" {
    count = 1
    key   = { "arp.src.proto_ipv4" = "192.0.2.1" }
    at    = "1s"
  }
}

test "a request from another hardware address fires" {
  packets {
    arp {
      opcode  = 2
      src_mac = "02:00:00:00:00:01"
      src_ip  = "192.0.2.1"
      dst_mac = "02:00:00:00:00:20"
      dst_ip  = "192.0.2.20"
    }
  }
  packets {
    start = "1s"
    arp {
      opcode  = 1
      src_mac = "02:00:00:00:00:66"
      src_ip  = "192.0.2.1"
      dst_mac = "02:00:00:00:00:20"
      dst_ip  = "192.0.2.20"
    }
  }
  alert "arp_spoof" {
    count = 1
    key   = { "arp.src.proto_ipv4" = "192.0.2.1" }
    at    = "1s"
  }
}

test "the same hardware address stays quiet" {
  packets {
    count = 500
    every = "10s"
    arp {
      opcode  = 1 + i % 2
      src_mac = "02:00:00:00:00:01"
      src_ip  = "192.0.2.1"
      dst_mac = "02:00:00:00:00:20"
      dst_ip  = "192.0.2.20"
    }
  }
  quiet = true
}

test "the gateway and the attacker in turn are one alert an hour" {
  packets {
    count = 60
    every = "10s"
    arp {
      opcode  = 2
      src_mac = "02:00:00:00:00:${i % 2 == 0 ? "01" : "66"}"
      src_ip  = "192.0.2.1"
      dst_mac = "02:00:00:00:00:20"
      dst_ip  = "192.0.2.20"
    }
  }
  alert "arp_spoof" {
    count = 1
    at    = "10s"
  }
  alert "arp_unsolicited" {}
}

test "a mapping of exactly 24 h ago is forgotten" {
  packets {
    arp {
      opcode  = 2
      src_mac = "02:00:00:00:00:01"
      src_ip  = "192.0.2.1"
      dst_mac = "02:00:00:00:00:20"
      dst_ip  = "192.0.2.20"
    }
  }
  packets {
    start = "24h"
    arp {
      opcode  = 2
      src_mac = "02:00:00:00:00:66"
      src_ip  = "192.0.2.1"
      dst_mac = "02:00:00:00:00:20"
      dst_ip  = "192.0.2.20"
    }
  }
  quiet = true
}

test "a mapping of just under 24 h ago is not" {
  packets {
    arp {
      opcode  = 2
      src_mac = "02:00:00:00:00:01"
      src_ip  = "192.0.2.1"
      dst_mac = "02:00:00:00:00:20"
      dst_ip  = "192.0.2.20"
    }
  }
  packets {
    start = "23h59m59.999s"
    arp {
      opcode  = 2
      src_mac = "02:00:00:00:00:66"
      src_ip  = "192.0.2.1"
      dst_mac = "02:00:00:00:00:20"
      dst_ip  = "192.0.2.20"
    }
  }
  alert "arp_spoof" {
    count = 1
    at    = "23h59m59.999s"
  }
}

test "probes for a free address stay quiet" {
  packets {
    count = 10
    every = "1s"
    arp {
      opcode  = 1
      src_mac = "02:00:00:00:00:1${i}"
      src_ip  = "0.0.0.0"
      dst_mac = "02:00:00:00:00:20"
      dst_ip  = "192.0.2.20"
    }
  }
  quiet = true
}

test "one hardware address may have many addresses" {
  packets {
    count = 50
    every = "1s"
    arp {
      opcode  = 2
      src_mac = "02:00:00:00:00:01"
      src_ip  = "192.0.2.${i + 1}"
      dst_mac = "02:00:00:00:00:20"
      dst_ip  = "192.0.2.20"
    }
  }
  quiet = true
}

test "the attacker's side alone shows no change" {
  packets {
    count = 50
    every = "1s"
    arp {
      opcode  = 2
      src_mac = "02:00:00:00:00:66"
      src_ip  = "192.0.2.1"
      dst_mac = "02:00:00:00:00:20"
      dst_ip  = "192.0.2.20"
    }
  }
  alert "arp_spoof" {
    count = 0
  }
  alert "arp_unsolicited" {}
}

test "both victims of a man in the middle are named" {
  packets {
    arp {
      opcode  = 2
      src_mac = "02:00:00:00:00:01"
      src_ip  = "192.0.2.1"
      dst_mac = "02:00:00:00:00:20"
      dst_ip  = "192.0.2.20"
    }
  }
  packets {
    start = "1s"
    arp {
      opcode  = 2
      src_mac = "02:00:00:00:00:20"
      src_ip  = "192.0.2.20"
      dst_mac = "02:00:00:00:00:20"
      dst_ip  = "192.0.2.20"
    }
  }
  packets {
    start = "2s"
    arp {
      opcode  = 2
      src_mac = "02:00:00:00:00:66"
      src_ip  = "192.0.2.1"
      dst_mac = "02:00:00:00:00:20"
      dst_ip  = "192.0.2.20"
    }
  }
  packets {
    start = "3s"
    arp {
      opcode  = 2
      src_mac = "02:00:00:00:00:66"
      src_ip  = "192.0.2.20"
      dst_mac = "02:00:00:00:00:20"
      dst_ip  = "192.0.2.20"
    }
  }
  alert "arp_spoof" {
    count = 2
  }
}

test "arpspoof" {
  pcap = "../../testdata/pcap/arpspoof.pcap"
  alert "arp_spoof" {
    key = { "arp.src.proto_ipv4" = "10.0.0.1" }
  }
  alert "arp_unsolicited" {}
}

test "a guest that is bridged over Wi-Fi" {
  set = { own_macs = ["b0:c0:90:00:00:01"] }
  packets {
    count = 6
    every = "1s"
    arp {
      opcode  = 1
      src_mac = "08:00:27:00:00:02"
      src_ip  = "192.0.2.7"
      dst_mac = "00:00:00:00:00:00"
      dst_ip  = "192.0.2.1"
    }
  }
  packets {
    count = 6
    start = "1ms"
    every = "1s"
    arp {
      opcode  = 1
      src_mac = "b0:c0:90:00:00:01"
      src_ip  = "192.0.2.7"
      dst_mac = "00:00:00:00:00:00"
      dst_ip  = "192.0.2.1"
    }
  }
  quiet = true
}

test "an address that passes from one node of a cluster to another stays quiet" {
  set = { shared_addresses = ["10.0.0.200"] }
  packets {
    count = 2
    every = "10s"
    arp {
      opcode  = 1
      src_mac = "02:00:00:00:01:1${i}"
      src_ip  = "10.0.0.200"
      dst_ip  = "10.0.0.200"
    }
  }
  others = "allow"
  alert "arp_spoof" {
    count = 0
  }
}

test "another address than that of the cluster fires" {
  set = { shared_addresses = ["10.0.0.200"] }
  packets {
    count = 2
    every = "10s"
    arp {
      opcode  = 1
      src_mac = "02:00:00:00:01:1${i}"
      src_ip  = "10.0.0.201"
      dst_ip  = "10.0.0.201"
    }
  }
  others = "allow"
  alert "arp_spoof" {
    count = 1
  }
}

test "the copy that follows each request of a bridged guest at once stays quiet, though nobody named the card" {
  packets {
    count = 6
    every = "1s"
    arp {
      opcode  = 1
      src_mac = "08:00:27:00:00:02"
      src_ip  = "192.0.2.7"
      dst_mac = "00:00:00:00:00:00"
      dst_ip  = "192.0.2.1"
    }
  }
  packets {
    count = 6
    start = "10us"
    every = "1s"
    arp {
      opcode  = 1
      src_mac = "b0:c0:90:00:00:01"
      src_ip  = "192.0.2.7"
      dst_mac = "00:00:00:00:00:00"
      dst_ip  = "192.0.2.1"
    }
  }
  quiet = true
}

test "who takes a fifth of a millisecond to follow fires" {
  packets {
    arp {
      opcode  = 1
      src_mac = "08:00:27:00:00:02"
      src_ip  = "192.0.2.7"
      dst_mac = "00:00:00:00:00:00"
      dst_ip  = "192.0.2.1"
    }
  }
  packets {
    start = "200us"
    arp {
      opcode  = 1
      src_mac = "02:00:00:00:00:66"
      src_ip  = "192.0.2.7"
      dst_mac = "00:00:00:00:00:00"
      dst_ip  = "192.0.2.1"
    }
  }
  alert "arp_spoof" {
    count = 1
    at    = "0.2ms"
  }
}

test "who tells hosts inside of an address outside stays quiet" {
  packets {
    count = 4
    every = "1s"
    arp {
      opcode  = 1
      src_mac = "02:00:00:00:00:0${i % 2 + 1}"
      src_ip  = "203.0.113.2"
      dst_ip  = "172.16.3.126"
    }
  }
  quiet = true
}

test "an address inside that is told with another one fires" {
  packets {
    count = 2
    every = "1s"
    arp {
      opcode  = 1
      src_mac = "02:00:00:00:00:0${i + 1}"
      src_ip  = "172.16.0.1"
      dst_ip  = "172.16.3.126"
    }
  }
  alert "arp_spoof" { count = 1 }
}

test "a guest on a slow host, whose frames go from the card to itself, stays quiet" {
  pcap  = "../../testdata/pcap/arp-bridge.pcap"
  quiet = true
}

test "a virtual router of GLBP, which answers with one forwarder after the other, stays quiet" {
  pcap  = "../../testdata/pcap/arp-glbp.pcap"
  quiet = true
}

test "who answers for a virtual router of GLBP from another card fires" {
  packets {
    count = 2
    every = "1s"
    arp {
      opcode  = 2
      src_mac = ["00:07:b4:00:28:01", "02:00:00:00:00:66"][i]
      src_ip  = "10.0.0.254"
      dst_ip  = "10.0.0.30"
    }
  }
  alert "arp_spoof" { count = 1 }
}

test "what follows after 99 µs is a copy" {
  packets {
    arp {
      src_mac = "02:00:00:00:00:01"
      src_ip  = "10.0.0.1"
      dst_ip  = "10.0.0.30"
    }
  }
  packets {
    start = "99us"
    arp {
      src_mac = "02:00:00:00:00:66"
      src_ip  = "10.0.0.1"
      dst_ip  = "10.0.0.30"
    }
  }
  others = "allow"
  alert "arp_spoof" {
    count = 0
  }
}

test "what follows after 101 µs is somebody else" {
  packets {
    arp {
      src_mac = "02:00:00:00:00:01"
      src_ip  = "10.0.0.1"
      dst_ip  = "10.0.0.30"
    }
  }
  packets {
    start = "101us"
    arp {
      src_mac = "02:00:00:00:00:66"
      src_ip  = "10.0.0.1"
      dst_ip  = "10.0.0.30"
    }
  }
  others = "allow"
  alert "arp_spoof" {
    count = 1
  }
}
