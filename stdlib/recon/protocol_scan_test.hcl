test "nmap" {
  pcap = "../../testdata/pcap/nmap-ipproto.pcap"
  alert "protocol_scan" {
    count = 1
    key   = { "ip.src" = "198.51.100.7", "ip.dst" = "10.0.0.20" }
  }
}

test "one protocol less than asked for stays quiet" {
  set   = { protocol_scan_protocols = 18 }
  pcap  = "../../testdata/pcap/nmap-ipproto.pcap"
  quiet = true
}

test "ten protocols fire" {
  packets {
    count = 10
    every = "1s"
    ip {
      src   = "198.51.100.7"
      dst   = "192.0.2.10"
      proto = 100 + i
    }
  }
  others = "allow"
  alert "protocol_scan" {
    count = 1
  }
}

test "nine stay quiet, with TCP, UDP, ICMP and ICMPv6 beside them" {
  packets {
    count = 9
    every = "1s"
    ip {
      src   = "198.51.100.7"
      dst   = "192.0.2.10"
      proto = 100 + i
    }
  }
  packets {
    start = "20s"
    ip {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      proto   = 1
      payload = 8
    }
  }
  packets {
    start = "21s"
    ip {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      proto   = 6
      payload = 20
    }
  }
  packets {
    start = "22s"
    ip {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      proto   = 17
      payload = 8
    }
  }
  packets {
    start = "23s"
    ip {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      proto   = 58
      payload = 8
    }
  }
  others = "allow"
  alert "protocol_scan" {
    count = 0
  }
}

test "the protocols beside those four count" {
  packets {
    count = 3
    every = "1s"
    ip {
      src   = "198.51.100.7"
      dst   = "192.0.2.10"
      proto = 100 + i
    }
  }
  packets {
    start = "12s"
    ip {
      src   = "198.51.100.7"
      dst   = "192.0.2.10"
      proto = 2
    }
  }
  packets {
    start = "15s"
    ip {
      src   = "198.51.100.7"
      dst   = "192.0.2.10"
      proto = 5
    }
  }
  packets {
    start = "17s"
    ip {
      src   = "198.51.100.7"
      dst   = "192.0.2.10"
      proto = 7
    }
  }
  packets {
    start = "26s"
    ip {
      src   = "198.51.100.7"
      dst   = "192.0.2.10"
      proto = 16
    }
  }
  packets {
    start = "28s"
    ip {
      src   = "198.51.100.7"
      dst   = "192.0.2.10"
      proto = 18
    }
  }
  packets {
    start = "67s"
    ip {
      src   = "198.51.100.7"
      dst   = "192.0.2.10"
      proto = 57
    }
  }
  packets {
    start = "69s"
    ip {
      src   = "198.51.100.7"
      dst   = "192.0.2.10"
      proto = 59
    }
  }
  others = "allow"
  alert "protocol_scan" {
    count = 1
  }
}

test "later fragments stay quiet" {
  packets {
    count = 30
    every = "1s"
    ip {
      src         = "198.51.100.7"
      dst         = "192.0.2.10"
      proto       = 100 + i
      frag_offset = 1
      payload     = 8
    }
  }
  others = "allow"
  alert "protocol_scan" {
    count = 0
  }
}

test "what came just under 2 min before counts" {
  packets {
    count = 9
    every = "1s"
    ip {
      src   = "198.51.100.7"
      dst   = "192.0.2.10"
      proto = 100 + i
    }
  }
  packets {
    start = "119999ms"
    ip {
      src   = "198.51.100.7"
      dst   = "192.0.2.10"
      proto = 120
    }
  }
  others = "allow"
  alert "protocol_scan" {
    count = 1
  }
}

test "what came 2 min before no longer counts" {
  packets {
    count = 9
    every = "1s"
    ip {
      src   = "198.51.100.7"
      dst   = "192.0.2.10"
      proto = 100 + i
    }
  }
  packets {
    start = "2m"
    ip {
      src   = "198.51.100.7"
      dst   = "192.0.2.10"
      proto = 120
    }
  }
  others = "allow"
  alert "protocol_scan" {
    count = 0
  }
}
