test "the thousandth RST fires" {
  packets {
    count = 1000
    every = "4ms"
    tcp {
      src     = "198.51.100.${i % 250 + 1}"
      dst     = "192.0.2.80"
      srcport = 2000 + i
      dstport = 80
      flags   = "R"
    }
  }
  others = "allow"
  alert "tcp_flood_stateless" {
    count = 1
    key   = { "ip.dst" = "192.0.2.80" }
    at    = "3.996s"
  }
}

test "the thousandth packet with FIN, PSH and URG fires" {
  packets {
    count = 1000
    every = "4ms"
    tcp {
      src     = "198.51.100.${i % 250 + 1}"
      dst     = "192.0.2.80"
      srcport = 2000 + i
      dstport = 443
      flags   = "FPU"
    }
  }
  others = "allow"
  alert "tcp_flood_stateless" {
    count = 1
    at    = "3.996s"
  }
}

test "999 are not one" {
  packets {
    count = 999
    every = "4ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.80"
      srcport = 2000 + i
      dstport = 80
      flags   = "R"
    }
  }
  others = "allow"
  alert "tcp_flood_stateless" {
    count = 0
  }
}

test "resets that follow SYNs are a SYN flood" {
  packets {
    count = 1200
    every = "4ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.80"
      srcport = 2000 + i
      dstport = 80
    }
  }
  packets {
    count = 1200
    start = "1ms"
    every = "4ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.80"
      srcport = 2000 + i
      dstport = 80
      flags   = "R"
      seq     = 1
    }
  }
  others = "allow"
  alert "tcp_flood_stateless" {
    count = 0
  }
}

test "a recording of the lab" {
  pcap = "../../testdata/pcap/hping3-rst-flood.pcap.gz"
  alert "tcp_flood_stateless" {
    count = 1
    key   = { "ip.dst" = "10.0.0.10" }
  }
}
