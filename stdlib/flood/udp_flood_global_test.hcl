test "the two thousandth packet of 250 sources fires" {
  packets {
    count = 2000
    every = "2ms"
    udp {
      src     = cidrhost("198.18.0.0/16", 1 + i % 250)
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 9999
    }
  }
  alert "udp_flood_global" {
    count = 1
    key   = { "ip.dst" = "192.0.2.10" }
    at    = "3998ms"
  }
}

test "1,999 packets stay quiet" {
  packets {
    count = 1999
    every = "2ms"
    udp {
      src     = cidrhost("198.18.0.0/16", 1 + i % 250)
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 9999
    }
  }
  quiet = true
}

test "two thousand packets of 199 sources stay quiet" {
  packets {
    count = 2000
    every = "2ms"
    udp {
      src     = cidrhost("198.18.0.0/16", 1 + i % 199)
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 9999
    }
  }
  quiet = true
}

test "the answers that a resolver asked 300 servers for stay quiet" {
  packets {
    count = 4000
    every = "1ms"
    udp {
      src     = cidrhost("198.18.0.0/16", 1 + i % 300)
      dst     = "192.0.2.53"
      srcport = 53
      dstport = 1024 + i
      payload = 60
    }
  }
  quiet = true
}

test "a recording of the lab" {
  pcap = "../../testdata/pcap/hping3-udp-flood-spoofed.pcap.gz"
  alert "udp_flood_global" {
    count = 1
    key   = { "ip.dst" = "10.0.0.10" }
  }
}

test "what came just under 5 s before counts" {
  packets {
    count = 1999
    every = "2ms"
    udp {
      src     = cidrhost("198.18.0.0/16", 1 + i % 250)
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 9999
    }
  }
  packets {
    start = "4999ms"
    udp {
      src     = cidrhost("198.18.0.0/16", 1 + i % 250)
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 9999
    }
  }
  others = "allow"
  alert "udp_flood_global" {
    count = 1
  }
}

test "what came 5 s before no longer counts" {
  packets {
    count = 1999
    every = "2ms"
    udp {
      src     = cidrhost("198.18.0.0/16", 1 + i % 250)
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 9999
    }
  }
  packets {
    start = "5s"
    udp {
      src     = cidrhost("198.18.0.0/16", 1 + i % 250)
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 9999
    }
  }
  others = "allow"
  alert "udp_flood_global" {
    count = 0
  }
}

test "of two hundred sources it fires" {
  packets {
    count = 2000
    every = "1ms"
    udp {
      src     = "198.51.100.${1 + i % 200}"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 9999
    }
  }
  others = "allow"
  alert "udp_flood_global" {
    count = 1
  }
}

test "of 199 sources it stays quiet" {
  packets {
    count = 3000
    every = "1ms"
    udp {
      src     = "198.51.100.${1 + i % 199}"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 9999
    }
  }
  others = "allow"
  alert "udp_flood_global" {
    count = 0
  }
}
