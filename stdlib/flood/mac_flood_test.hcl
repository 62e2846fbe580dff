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
