test "the hundredth FIN fires" {
  packets {
    count = 100
    every = "20ms"
    tcp {
      src     = "198.51.100.8"
      dst     = "10.0.0.10"
      srcport = 6000 + i
      dstport = 80
      flags   = "F"
    }
  }
  others = "allow"
  alert "tcp_flags_flood" {
    count = 1
    key   = { "ip.dst" = "10.0.0.10", "tcp.dstport" = 80 }
    at    = "1.98s"
  }
}

test "PSH and URG of many sources fire" {
  packets {
    count = 120
    every = "20ms"
    tcp {
      src     = "198.51.100.${1 + i}"
      dst     = "10.0.0.10"
      dstport = 80
      flags   = "PU"
    }
  }
  others = "allow"
  alert "tcp_flags_flood" {
    count = 1
    at    = "1.98s"
  }
}

test "99 stay quiet" {
  packets {
    count = 99
    every = "20ms"
    tcp {
      src     = "198.51.100.8"
      dst     = "10.0.0.10"
      srcport = 6000 + i
      dstport = 80
      flags   = "F"
    }
  }
  others = "allow"
  alert "tcp_flags_flood" {
    count = 0
  }
}

test "a scan of many ports stays quiet" {
  packets {
    count = 400
    every = "10ms"
    tcp {
      src     = "198.51.100.8"
      dst     = "10.0.0.10"
      dstport = 1 + i
      flags   = "FPU"
    }
  }
  others = "allow"
  alert "tcp_flags_flood" {
    count = 0
  }
}

test "ends of connections stay quiet" {
  packets {
    count = 400
    every = "10ms"
    tcp {
      src     = "198.51.100.8"
      dst     = "10.0.0.10"
      srcport = 6000 + i
      dstport = 80
      flags   = "FA"
    }
  }
  others = "allow"
  alert "tcp_flags_flood" {
    count = 0
  }
}

test "hping3 -F" {
  pcap = "../../testdata/pcap/hping3-fin-flood.pcap"
  alert "tcp_flags_flood" {
    count = 1
    key   = { "ip.dst" = "10.0.0.10", "tcp.dstport" = 80 }
  }
  alert "stealth_scan" {}
}
