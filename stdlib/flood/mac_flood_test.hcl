test "the five hundredth address fires" {
  packets {
    count = 500
    every = "10ms"
    arp {
      src_mac = "02:00:${10 + floor(i / 90)}:${10 + i % 90}:00:01"
      src_ip  = "192.0.2.66"
      dst_ip  = "192.0.2.1"
    }
  }
  alert "mac_flood" {
    count = 1
    at    = "4990ms"
  }
  others = "allow"
}

test "499 addresses stay quiet" {
  packets {
    count = 499
    every = "10ms"
    tcp {
      src     = "192.0.2.66"
      dst     = "192.0.2.1"
      src_mac = "02:00:${10 + floor(i / 90)}:${10 + i % 90}:00:01"
      srcport = 443
      dstport = 40000
      flags   = "A"
    }
  }
  alert "mac_flood" {
    count = 0
  }
  others = "allow"
}

test "a recording of the lab" {
  pcap   = "../../testdata/pcap/macof.pcap.gz"
  others = "allow"
  alert "mac_flood" {
    count = 1
  }
}

test "what came just under 10 s before counts" {
  packets {
    count = 499
    every = "10ms"
    arp {
      src_mac = "02:00:${10 + floor(i / 90)}:${10 + i % 90}:00:01"
      src_ip  = "192.0.2.66"
      dst_ip  = "192.0.2.1"
    }
  }
  packets {
    start = "9999ms"
    arp {
      src_mac = "02:00:${10 + floor(499 / 90)}:59:00:01"
      src_ip  = "192.0.2.66"
      dst_ip  = "192.0.2.1"
    }
  }
  others = "allow"
  alert "mac_flood" {
    count = 1
  }
}

test "what came 10 s before no longer counts" {
  packets {
    count = 499
    every = "10ms"
    arp {
      src_mac = "02:00:${10 + floor(i / 90)}:${10 + i % 90}:00:01"
      src_ip  = "192.0.2.66"
      dst_ip  = "192.0.2.1"
    }
  }
  packets {
    start = "10s"
    arp {
      src_mac = "02:00:${10 + floor(499 / 90)}:59:00:01"
      src_ip  = "192.0.2.66"
      dst_ip  = "192.0.2.1"
    }
  }
  others = "allow"
  alert "mac_flood" {
    count = 0
  }
}

test "ARP fires" {
  packets {
    count = 500
    every = "1ms"
    arp {
      src_mac = "02:00:00:00:${format("%02x", floor(i / 250))}:${format("%02x", i % 250)}"
      src_ip  = "10.0.0.1"
      dst_ip  = "10.0.0.2"
    }
  }
  others = "allow"
  alert "mac_flood" {
    count = 1
  }
}

test "pings fire" {
  packets {
    count = 500
    every = "1ms"
    icmp {
      src_mac = "02:00:00:00:${format("%02x", floor(i / 250))}:${format("%02x", i % 250)}"
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
    }
  }
  others = "allow"
  alert "mac_flood" {
    count = 1
  }
}

test "SYN without options fires" {
  packets {
    count = 500
    every = "1ms"
    tcp {
      src_mac = "02:00:00:00:${format("%02x", floor(i / 250))}:${format("%02x", i % 250)}"
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      dstport = 80
    }
  }
  others = "allow"
  alert "mac_flood" {
    count = 1
  }
}

test "IP that carries nothing, or eight bytes, fires" {
  packets {
    count = 500
    every = "1ms"
    ip {
      src_mac = "02:00:00:00:${format("%02x", floor(i / 250))}:${format("%02x", i % 250)}"
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      proto   = 99
      payload = 8
    }
  }
  others = "allow"
  alert "mac_flood" {
    count = 1
  }
}

test "other pings, SYN with data, IP with nine bytes, and other segments stay quiet" {
  packets {
    count = 500
    every = "1ms"
    icmp {
      src_mac = "02:00:00:00:${format("%02x", floor(i / 250))}:${format("%02x", i % 250)}"
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      type    = 0
    }
  }
  packets {
    count = 500
    every = "1ms"
    icmp {
      src_mac = "02:00:00:00:${format("%02x", floor(i / 250))}:${format("%02x", i % 250)}"
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      type    = 7
    }
  }
  packets {
    count = 500
    every = "1ms"
    icmp {
      src_mac = "02:00:00:00:${format("%02x", floor(i / 250))}:${format("%02x", i % 250)}"
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      type    = 9
    }
  }
  packets {
    count = 500
    every = "1ms"
    tcp {
      src_mac = "02:00:00:00:${format("%02x", floor(i / 250))}:${format("%02x", i % 250)}"
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      dstport = 80
      payload = 1
    }
  }
  packets {
    count = 500
    every = "1ms"
    ip {
      src_mac = "02:00:00:00:${format("%02x", floor(i / 250))}:${format("%02x", i % 250)}"
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      proto   = 99
      payload = 9
    }
  }
  packets {
    count = 500
    every = "1ms"
    tcp {
      src_mac = "02:00:00:00:${format("%02x", floor(i / 250))}:${format("%02x", i % 250)}"
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      dstport = 80
      flags   = "A"
    }
  }
  packets {
    count = 500
    every = "1ms"
    udp {
      src_mac = "02:00:00:00:${format("%02x", floor(i / 250))}:${format("%02x", i % 250)}"
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      dstport = 80
    }
  }
  packets {
    count = 500
    every = "1ms"
    icmp {
      src_mac = "02:00:00:00:${format("%02x", floor(i / 250))}:${format("%02x", i % 250)}"
      src     = "2001:db8::1"
      dst     = "2001:db8::10"
      type    = 128
    }
  }
  others = "allow"
  alert "mac_flood" {
    count = 0
  }
}
