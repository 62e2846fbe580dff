test "the two thousandth packet fires" {
  packets {
    count = 2000
    every = "2ms"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 9999
    }
  }
  alert "udp_flood" {
    count = 1
    key   = { "ip.src" = "198.51.100.7", "ip.dst" = "192.0.2.10" }
    at    = "3998ms"
  }
}

test "1,999 packets stay quiet" {
  packets {
    count = 1999
    every = "2ms"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 9999
    }
  }
  quiet = true
}

test "a packet exactly 5 s ago no longer counts" {
  packets {
    count = 1999
    every = "2ms"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 9999
    }
  }
  packets {
    start = "5s"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 9999
    }
  }
  quiet = true
}

test "a packet just under 5 s ago counts" {
  packets {
    count = 1999
    every = "2ms"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 9999
    }
  }
  packets {
    start = "4999ms"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 9999
    }
  }
  alert "udp_flood" {
    count = 1
    at    = "4999ms"
  }
}

test "1,500 packets to each of two hosts stay quiet" {
  packets {
    count = 3000
    every = "1ms"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.${10 + i % 2}"
      srcport = 40000
      dstport = 9999
    }
  }
  quiet = true
}

test "1,500 packets from each of two sources stay quiet" {
  packets {
    count = 3000
    every = "1ms"
    udp {
      src     = "198.51.100.${7 + i % 2}"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 9999
    }
  }
  quiet = true
}

test "IPv6" {
  packets {
    count = 2000
    every = "2ms"
    udp {
      src     = "2001:db8:7::1"
      dst     = "2001:db8::10"
      srcport = 40000
      dstport = 9999
    }
  }
  alert "udp_flood" {
    count = 1
    key   = { "ip.src" = "2001:db8:7::1", "ip.dst" = "2001:db8::10" }
    at    = "3998ms"
  }
}

test "hping3 -2" {
  pcap = "../../testdata/pcap/hping3-udp-flood.pcap"
  alert "udp_flood" {
    key = { "ip.src" = "198.51.100.8", "ip.dst" = "10.0.0.10" }
  }
}

test "a download by HTTP/3 at 13 Mbit/s stays quiet" {
  packets {
    count = 6000
    every = "833us"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 443
      dstport = 50123
      payload = 1250
    }
  }
  quiet = true
}

test "a flood from the port of a service is found at ten times the rate" {
  packets {
    count = 21000
    every = "200us"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 443
      dstport = 50123
    }
  }
  alert "udp_flood" {
    count = 1
    key   = { "ip.src" = "198.51.100.7", "ip.dst" = "192.0.2.10" }
  }
}

test "a flood from the port of a service to that of another is no answer" {
  packets {
    count = 2000
    every = "2ms"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 53
      dstport = 53
    }
  }
  alert "udp_flood" {
    at = "3998ms"
  }
}

test "twenty thousand answers of a service fire" {
  packets {
    count = 20000
    every = "200us"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 443
      dstport = 40000
    }
  }
  others = "allow"
  alert "udp_flood" {
    count = 1
  }
}

test "one less stays quiet" {
  packets {
    count = 19999
    every = "200us"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 443
      dstport = 40000
    }
  }
  others = "allow"
  alert "udp_flood" {
    count = 0
  }
}
