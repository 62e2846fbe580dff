test "the hundredth ping fires" {
  packets {
    count = 100
    every = "40ms"
    icmp {
      src  = "198.51.100.7"
      dst  = "192.0.2.10"
      type = 8
      code = 0
    }
  }
  alert "icmp_flood" {
    count = 1
    key   = { "ip.src" = "198.51.100.7" }
    at    = "3960ms"
  }
}

test "99 pings stay quiet" {
  packets {
    count = 99
    every = "40ms"
    icmp {
      src  = "198.51.100.7"
      dst  = "192.0.2.10"
      type = 8
      code = 0
    }
  }
  quiet = true
}

test "a ping exactly 5 s ago no longer counts" {
  packets {
    count = 99
    every = "40ms"
    icmp {
      src  = "198.51.100.7"
      dst  = "192.0.2.10"
      type = 8
      code = 0
    }
  }
  packets {
    start = "5s"
    icmp {
      src  = "198.51.100.7"
      dst  = "192.0.2.10"
      type = 8
      code = 0
    }
  }
  quiet = true
}

test "a ping just under 5 s ago counts" {
  packets {
    count = 99
    every = "40ms"
    icmp {
      src  = "198.51.100.7"
      dst  = "192.0.2.10"
      type = 8
      code = 0
    }
  }
  packets {
    start = "4999ms"
    icmp {
      src  = "198.51.100.7"
      dst  = "192.0.2.10"
      type = 8
      code = 0
    }
  }
  alert "icmp_flood" {
    count = 1
    at    = "4999ms"
  }
}

test "a ping sweep of many hosts fires as well" {
  packets {
    count = 100
    every = "10ms"
    icmp {
      src  = "198.51.100.7"
      dst  = "192.0.2.${i + 1}"
      type = 8
      code = 0
    }
  }
  alert "icmp_flood" {
    count = 1
    at    = "990ms"
  }
  alert "ping_sweep" {}
}

test "echo replies stay quiet" {
  packets {
    count = 500
    every = "5ms"
    icmp {
      src  = "198.51.100.7"
      dst  = "192.0.2.10"
      type = 0
      code = 0
    }
  }
  quiet = true
}

test "unreachable messages stay quiet" {
  packets {
    count = 500
    every = "5ms"
    icmp {
      src  = "198.51.100.7"
      dst  = "192.0.2.10"
      type = 3
      code = 0
    }
  }
  quiet = true
}

test "ICMPv6 echo requests fire" {
  packets {
    count = 100
    every = "40ms"
    icmp {
      src  = "2001:db8:7::1"
      dst  = "2001:db8::10"
      type = 128
      code = 0
    }
  }
  alert "icmp_flood" {
    count = 1
    key   = { "ip.src" = "2001:db8:7::1" }
    at    = "3960ms"
  }
}

test "neighbour discovery and ICMPv6 replies stay quiet" {
  packets {
    count = 500
    every = "5ms"
    icmp {
      src  = "2001:db8:7::1"
      dst  = "2001:db8::10"
      type = [129, 135, 136][i % 3]
      code = 0
    }
  }
  quiet = true
}

test "hping3 -1" {
  pcap = "../../testdata/pcap/hping3-icmp-flood.pcap"
  alert "icmp_flood" {
    key = { "ip.src" = "198.51.100.8" }
  }
}

test "ping -6 -i 0.005" {
  pcap = "../../testdata/pcap/ping6-icmpv6-flood.pcap"
  alert "icmp_flood" {
    key = { "ip.src" = "2001:db8:51::8" }
  }
}

test "ping" {
  pcap  = "../../testdata/pcap/ping-benign.pcap"
  quiet = true
}

test "what looks after all other hosts stays quiet" {
  set = { monitors = ["192.168.1.20"] }
  packets {
    count = 120
    every = "10ms"
    icmp {
      src  = "192.168.1.20"
      dst  = "203.0.113.9"
      type = 8
      code = 0
    }
  }
  others = "allow"
  alert "icmp_flood" {
    count = 0
  }
}

test "a neighbour of what looks after all other hosts fires" {
  set = { monitors = ["192.168.1.20"] }
  packets {
    count = 120
    every = "10ms"
    icmp {
      src  = "192.168.1.21"
      dst  = "203.0.113.9"
      type = 8
      code = 0
    }
  }
  others = "allow"
  alert "icmp_flood" {
    count = 1
  }
}

test "a loop that starts ping 24 times a second stays quiet" {
  packets {
    count = 480
    every = "41ms"
    icmp {
      src   = "10.0.41.10"
      dst   = "10.0.41.21"
      type  = 8
      code  = 0
      ident = 29841 + i
    }
  }
  alert "icmp_flood" { count = 0 }
  others = "allow"
}

test "one that does so 50 times a second fires" {
  packets {
    count = 250
    every = "20ms"
    icmp {
      src   = "10.0.41.10"
      dst   = "10.0.41.21"
      type  = 8
      code  = 0
      ident = 29841 + i
    }
  }
  alert "icmp_flood" { count = 1 }
  others = "allow"
}
