test "packets of rare protocols fire" {
  set  = { ip_protocol_flood_packets = 10, ip_protocol_flood_sources = 1 }
  pcap = "../../testdata/pcap/nmap-ipproto.pcap"
  alert "ip_protocol_flood" {
    count = 1
    key   = { "ip.dst" = "10.0.0.20" }
  }
  others = "allow"
}

test "the same packets of one source are no flood, and 2,000 of UDP are another" {
  set  = { ip_protocol_flood_packets = 10 }
  pcap = "../../testdata/pcap/nmap-ipproto.pcap"
  alert "ip_protocol_flood" {
    count = 0
  }
  others = "allow"
}

test "two thousand packets of two hundred sources fire" {
  packets {
    count = 2000
    every = "1ms"
    ip {
      src   = "198.51.100.${1 + i % 200}"
      dst   = "192.0.2.10"
      proto = 47
    }
  }
  others = "allow"
  alert "ip_protocol_flood" {
    count = 1
  }
}

test "one less stays quiet" {
  packets {
    count = 1999
    every = "1ms"
    ip {
      src   = "198.51.100.${1 + i % 200}"
      dst   = "192.0.2.10"
      proto = 47
    }
  }
  others = "allow"
  alert "ip_protocol_flood" {
    count = 0
  }
}

test "199 sources stay quiet" {
  packets {
    count = 2500
    every = "1ms"
    ip {
      src   = "198.51.100.${1 + i % 199}"
      dst   = "192.0.2.10"
      proto = 47
    }
  }
  others = "allow"
  alert "ip_protocol_flood" {
    count = 0
  }
}

test "TCP, UDP, ICMP and ICMPv6 are for other rules" {
  packets {
    count = 2000
    every = "1ms"
    ip {
      src     = "198.51.100.${1 + i % 200}"
      dst     = "192.0.2.1"
      proto   = 1
      payload = 20
    }
  }
  packets {
    count = 2000
    every = "1ms"
    ip {
      src     = "198.51.100.${1 + i % 200}"
      dst     = "192.0.2.2"
      proto   = 6
      payload = 20
    }
  }
  packets {
    count = 2000
    every = "1ms"
    ip {
      src     = "198.51.100.${1 + i % 200}"
      dst     = "192.0.2.3"
      proto   = 17
      payload = 20
    }
  }
  packets {
    count = 2000
    every = "1ms"
    ip {
      src     = "198.51.100.${1 + i % 200}"
      dst     = "192.0.2.4"
      proto   = 58
      payload = 20
    }
  }
  others = "allow"
  alert "ip_protocol_flood" {
    count = 0
  }
}

test "the protocols beside those fire" {
  packets {
    count = 2000
    every = "1ms"
    ip {
      src     = "198.51.100.${1 + i % 200}"
      dst     = "192.0.2.1"
      proto   = 2
      payload = 20
    }
  }
  packets {
    count = 2000
    every = "1ms"
    ip {
      src     = "198.51.100.${1 + i % 200}"
      dst     = "192.0.2.2"
      proto   = 5
      payload = 20
    }
  }
  packets {
    count = 2000
    every = "1ms"
    ip {
      src     = "198.51.100.${1 + i % 200}"
      dst     = "192.0.2.3"
      proto   = 7
      payload = 20
    }
  }
  packets {
    count = 2000
    every = "1ms"
    ip {
      src     = "198.51.100.${1 + i % 200}"
      dst     = "192.0.2.4"
      proto   = 16
      payload = 20
    }
  }
  packets {
    count = 2000
    every = "1ms"
    ip {
      src     = "198.51.100.${1 + i % 200}"
      dst     = "192.0.2.5"
      proto   = 18
      payload = 20
    }
  }
  packets {
    count = 2000
    every = "1ms"
    ip {
      src     = "198.51.100.${1 + i % 200}"
      dst     = "192.0.2.6"
      proto   = 57
      payload = 20
    }
  }
  packets {
    count = 2000
    every = "1ms"
    ip {
      src     = "198.51.100.${1 + i % 200}"
      dst     = "192.0.2.7"
      proto   = 59
      payload = 20
    }
  }
  others = "allow"
  alert "ip_protocol_flood" {
    count = 7
  }
}

test "what came 5 s before no longer counts" {
  packets {
    count = 1999
    every = "1ms"
    ip {
      src   = "198.51.100.${1 + i % 200}"
      dst   = "192.0.2.10"
      proto = 47
    }
  }
  packets {
    start = "5s"
    ip {
      src   = "198.51.100.7"
      dst   = "192.0.2.10"
      proto = 47
    }
  }
  others = "allow"
  alert "ip_protocol_flood" {
    count = 0
  }
}

test "what came just under 5 s before counts" {
  packets {
    count = 1999
    every = "1ms"
    ip {
      src   = "198.51.100.${1 + i % 200}"
      dst   = "192.0.2.10"
      proto = 47
    }
  }
  packets {
    start = "4999ms"
    ip {
      src   = "198.51.100.7"
      dst   = "192.0.2.10"
      proto = 47
    }
  }
  others = "allow"
  alert "ip_protocol_flood" {
    count = 1
  }
}
