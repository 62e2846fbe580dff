test "the fifteenth port fires" {
  packets {
    count = 15
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 1000 + i
      flags   = "S"
    }
  }
  alert "port_scan" {
    count = 1
    key   = { "ip.src" = "198.51.100.7" }
    at    = "1.4s"
  }
}

test "fourteen ports stay quiet" {
  packets {
    count = 14
    every = "500ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 1000 + i
      flags   = "S"
    }
  }
  quiet = true
}

test "a port tried exactly 10 s ago no longer counts" {
  packets {
    count = 14
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 1000 + i
      flags   = "S"
    }
  }
  packets {
    start = "10s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 1014
      flags   = "S"
    }
  }
  quiet = true
}

test "a port tried just under 10 s ago counts" {
  packets {
    count = 14
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 1000 + i
      flags   = "S"
    }
  }
  packets {
    start = "9999ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 1014
      flags   = "S"
    }
  }
  alert "port_scan" {
    count = 1
    at    = "9999ms"
  }
}

test "the ports of several hosts add up" {
  packets {
    count = 15
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.${i + 1}"
      srcport = 40000
      dstport = 1000 + i
      flags   = "S"
    }
  }
  alert "port_scan" {
    count = 1
    at    = "1.4s"
  }
}

test "IPv6" {
  packets {
    count = 15
    every = "100ms"
    tcp {
      src     = "2001:db8:7::1"
      dst     = "2001:db8::10"
      srcport = 40000
      dstport = 1000 + i
      flags   = "S"
    }
  }
  alert "port_scan" {
    count = 1
    key   = { "ip.src" = "2001:db8:7::1" }
    at    = "1.4s"
  }
}

test "two sources with fourteen ports each stay quiet" {
  packets {
    count = 28
    every = "100ms"
    tcp {
      src     = "198.51.100.${7 + i % 2}"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 1000 + i
      flags   = "S"
    }
  }
  quiet = true
}

test "one port many times is not a scan" {
  packets {
    count = 40
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 443
      flags   = "S"
    }
  }
  quiet = true
}

test "a server that answers to many ports is not a scanner" {
  packets {
    count = 200
    every = "20ms"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 443
      dstport = 40000 + i
      flags   = "SA"
    }
  }
  quiet = true
}

test "a scan that goes on fires again after the cooldown" {
  packets {
    count = 630
    every = "500ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 1000 + i
      flags   = "S"
    }
  }
  alert "port_scan" { count = 2 }
  others = "allow"
}

test "the number of ports is a variable" {
  set = { port_scan_ports = 14 }
  packets {
    count = 14
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 1000 + i
      flags   = "S"
    }
  }
  alert "port_scan" {
    count = 1
    at    = "1.3s"
  }
}

test "nmap -sS, 40 ports" {
  pcap = "../../testdata/pcap/nmap-syn.pcap"
  alert "port_scan" {
    key = { "ip.src" = "198.51.100.7" }
  }
  alert "refused_ports" {}
  alert "failed_connections" {}
  alert "crafted_syn_scan" {}
}

test "nmap -sT, 40 ports" {
  pcap = "../../testdata/pcap/nmap-connect.pcap"
  alert "port_scan" {
    key = { "ip.src" = "198.51.100.7" }
  }
  alert "refused_ports" {}
  alert "failed_connections" {}
}

test "nmap -6 -sS, 40 ports" {
  pcap = "../../testdata/pcap/nmap-syn-ipv6.pcap"
  alert "port_scan" {
    key = { "ip.src" = "2001:db8:51::7" }
  }
  alert "refused_ports" {}
  alert "failed_connections" {}
  alert "crafted_syn_scan" {}
}

test "nmap as it comes, 1,000 ports at full speed" {
  pcap = "../../testdata/pcap/nmap-syn-1000.pcap.gz"
  alert "port_scan" {
    key = { "ip.src" = "198.51.100.7" }
  }
  alert "suspicious_port" {
    key = { "ip.src" = "198.51.100.7", "ip.dst" = "10.0.0.20" }
  }
  alert "syn_ratio" {
    key = { "ip.src" = "198.51.100.7" }
  }
  alert "syn_flood_fast" {
    key = { "ip.src" = "198.51.100.7" }
  }
  alert "syn_flood" {
    key = { "ip.src" = "198.51.100.7" }
  }
  alert "refused_ports" {}
  alert "failed_connections" {}
  alert "crafted_syn_scan" {}
}

test "nmap -sS, 14 ports" {
  pcap = "../../testdata/pcap/nmap-syn-14.pcap"
  alert "port_scan" {
    count = 0
  }
  alert "refused_ports" {}
  alert "crafted_syn_scan" {}
}

test "nmap -sS, one port a second" {
  pcap = "../../testdata/pcap/nmap-syn-slow.pcap"
  alert "port_scan" {
    count = 0
  }
  alert "refused_ports" {}
  alert "slow_port_scan" {}
  alert "crafted_syn_scan" {}
}

test "nmap -sU, 40 ports, which are udp_scan's" {
  pcap = "../../testdata/pcap/nmap-udp.pcap"
  alert "port_scan" {
    count = 0
  }
  alert "udp_scan" {}
}

test "what looks after all other hosts stays quiet" {
  set = { monitors = ["192.168.1.20"] }
  packets {
    count = 40
    every = "100ms"
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.9"
      srcport = 40000 + i
      dstport = 2000 + i
      flags   = "S"
    }
  }
  others = "allow"
  alert "port_scan" {
    count = 0
  }
}

test "a neighbour of what looks after all other hosts fires" {
  set = { monitors = ["192.168.1.20"] }
  packets {
    count = 40
    every = "100ms"
    tcp {
      src     = "192.168.1.21"
      dst     = "203.0.113.9"
      srcport = 40000 + i
      dstport = 2000 + i
      flags   = "S"
    }
  }
  others = "allow"
  alert "port_scan" {
    count = 1
  }
}

test "a peer-to-peer program of ours that tries many peers outside stays quiet" {
  packets {
    count = 60
    every = "200ms"
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.${i + 1}"
      srcport = 50000 + i
      dstport = 6000 + 331 * i
      flags   = "S"
    }
  }
  alert "port_scan" {
    count = 0
  }
  others = "allow"
}

test "as many ports on a few hosts outside fire" {
  packets {
    count = 15
    every = "200ms"
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.${1 + i % 11}"
      srcport = 50000 + i
      dstport = 6000 + 331 * i
      flags   = "S"
    }
  }
  alert "port_scan" {
    count = 1
    key   = { "ip.src" = "192.168.1.20" }
    at    = "2.8s"
  }
}

test "peers inside of the network fire" {
  packets {
    count = 15
    every = "200ms"
    tcp {
      src     = "192.168.1.20"
      dst     = "192.168.1.${101 + i}"
      srcport = 50000 + i
      dstport = 6000 + 331 * i
      flags   = "S"
    }
  }
  alert "port_scan" {
    count = 1
    at    = "2.8s"
  }
}

test "a scan of many hosts outside fires, for it tries low ports, too" {
  packets {
    count = 20
    every = "200ms"
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.${i + 1}"
      srcport = 50000 + i
      dstport = i < 15 ? 6000 + 331 * i : 20 + i
      flags   = "S"
    }
  }
  alert "port_scan" {
    count = 1
    at    = "3.8s"
  }
  others = "allow"
}

test "low ports are those below 1024" {
  packets {
    count = 15
    every = "100ms"
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.${1 + i}"
      srcport = 40000 + i
      dstport = i < 10 ? 2000 + i : 1019 + i - 10
      flags   = "S"
    }
  }
  others = "allow"
  alert "port_scan" {
    count = 1
  }
}

test "port 1024 is no low one" {
  packets {
    count = 15
    every = "100ms"
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.${1 + i}"
      srcport = 40000 + i
      dstport = i < 11 ? 2000 + i : 1021 + i - 11
      flags   = "S"
    }
  }
  others = "allow"
  alert "port_scan" {
    count = 0
  }
}

test "peers on ports from 1024 on are peers" {
  packets {
    count = 15
    every = "100ms"
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.${1 + i}"
      srcport = 40000 + i
      dstport = 1024 + i
      flags   = "S"
    }
  }
  others = "allow"
  alert "port_scan" {
    count = 0
  }
}

test "twelve peers of fifteen stay quiet" {
  packets {
    count = 15
    every = "100ms"
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.${1 + i % 12}"
      srcport = 40000 + i
      dstport = 2000 + i
      flags   = "S"
    }
  }
  others = "allow"
  alert "port_scan" {
    count = 0
  }
}
