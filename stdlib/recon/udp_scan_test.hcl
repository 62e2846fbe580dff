test "the twentieth port fires" {
  packets {
    count = 20
    every = "100ms"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 51853
      dstport = 2000 + i
    }
  }
  alert "udp_scan" {
    count = 1
    key   = { "ip.src" = "198.51.100.7", "ip.dst" = "192.0.2.10" }
    at    = "1.9s"
  }
}

test "nineteen ports stay quiet" {
  packets {
    count = 57
    every = "100ms"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 51853
      dstport = 2000 + i % 19
    }
  }
  quiet = true
}

test "one port a second, every fourth of them below 10000, as nmap -sU does" {
  packets {
    count = 120
    every = "1s"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 51853
      dstport = i % 4 == 0 ? 100 + 37 * i : 40000 + i
    }
  }
  alert "udp_scan" {
    min = 1
    at  = "76s"
  }
}

test "a port tried exactly 2 min ago no longer counts" {
  packets {
    count = 19
    every = "1s"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 51853
      dstport = 2000 + i
    }
  }
  packets {
    start = "2m"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 51853
      dstport = 3000
    }
  }
  quiet = true
}

test "a port tried just under 2 min ago counts" {
  packets {
    count = 19
    every = "1s"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 51853
      dstport = 2000 + i
    }
  }
  packets {
    start = "119999ms"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 51853
      dstport = 3000
    }
  }
  alert "udp_scan" {
    count = 1
    at    = "119999ms"
  }
}

test "IPv6" {
  packets {
    count = 20
    every = "1s"
    udp {
      src     = "2001:db8:7::1"
      dst     = "2001:db8::10"
      srcport = 51853
      dstport = 2000 + i
    }
  }
  alert "udp_scan" {
    count = 1
    key   = { "ip.src" = "2001:db8:7::1", "ip.dst" = "2001:db8::10" }
    at    = "19s"
  }
}

test "a scan of services from port 53" {
  packets {
    count = 20
    every = "1s"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 53
      dstport = 100 + i
    }
  }
  alert "udp_scan" {
    count = 1
    at    = "19s"
  }
}

test "one port of many hosts is not a scan of a host" {
  packets {
    count = 100
    every = "100ms"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.${i + 1}"
      srcport = 51853
      dstport = 123
    }
  }
  quiet = true
}

test "a name server answers to ports of all kinds" {
  packets {
    count = 2000
    every = "50ms"
    dns {
      src      = "192.0.2.53"
      dst      = "10.0.0.53"
      dstport  = 1024 + 29 * i
      qname    = "www.example.com"
      response = true
    }
  }
  quiet = true
}

test "HTTP/3 goes to the ports of many clients behind one address" {
  packets {
    count = 2000
    every = "50ms"
    udp {
      src     = "198.51.100.80"
      dst     = "192.0.2.1"
      srcport = 443
      dstport = 1024 + 29 * i
      payload = 1200
    }
  }
  quiet = true
}

test "traceroute" {
  packets {
    count = 90
    every = "20ms"
    udp {
      src     = "10.0.0.30"
      dst     = "198.51.100.80"
      srcport = 40000 + i
      dstport = 33434 + i
      ttl     = 1 + floor(i / 3)
    }
  }
  quiet = true
}

test "many calls between two media gateways" {
  packets {
    count = 3000
    every = "20ms"
    udp {
      src     = "10.0.0.70"
      dst     = "198.51.100.70"
      srcport = 16384 + 2 * (i % 60)
      dstport = 10000 + 2 * (i % 60)
      payload = 172
    }
  }
  quiet = true
}

test "a node of a distributed hash table asks many peers, each on a port of its own" {
  packets {
    count = 200
    every = "200ms"
    udp {
      src     = "10.0.0.30"
      dst     = "198.51.100.${i + 1}"
      srcport = 6881
      dstport = 1024 + 41 * i
      payload = 100
    }
  }
  quiet = true
}

test "nmap -sU of 40 ports" {
  pcap = "../../testdata/pcap/nmap-udp.pcap"
  alert "udp_scan" {
    count = 1
    key   = { "ip.src" = "198.51.100.7", "ip.dst" = "10.0.0.20" }
  }
}

test "the answers of a name server" {
  pcap  = "../../testdata/pcap/dig-benign.pcap"
  quiet = true
}

test "port 9999 counts and 10000 does not" {
  packets {
    count = 21
    every = "1s"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 9980 + i
    }
  }
  others = "allow"
  alert "udp_scan" {
    count = 1
  }
}

test "with nineteen below 10000 it stays quiet" {
  packets {
    count = 25
    every = "1s"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 9981 + i
    }
  }
  others = "allow"
  alert "udp_scan" {
    count = 0
  }
}

test "from port 1024, to ports from 1024 on, fires" {
  packets {
    count = 20
    every = "1s"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 1024
      dstport = 1024 + i
    }
  }
  others = "allow"
  alert "udp_scan" {
    count = 1
  }
}

test "from port 1023 only ports below 1024 count" {
  packets {
    count = 40
    every = "1s"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 1023
      dstport = 1005 + i
    }
  }
  others = "allow"
  alert "udp_scan" {
    count = 0
  }
}

test "twenty ports below 1024 fire from wherever" {
  packets {
    count = 20
    every = "1s"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 1023
      dstport = 1004 + i
    }
  }
  others = "allow"
  alert "udp_scan" {
    count = 1
  }
}
