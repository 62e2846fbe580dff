# What is refused is quoted: an IP header of 20 bytes from 198.51.100.7 to 192.0.2.10, and a UDP header.
test "the eighth port fires" {
  packets {
    count = 8
    every = "60s"
    icmp {
      src         = "192.0.2.10"
      dst         = "198.51.100.7"
      type        = 3
      code        = 3
      payload_hex = "4500001c 00000000 40110000 c6336407 c000020a 9c40 ${format("%04x", 100 + i)} 00080000"
    }
  }
  alert "refused_udp_ports" {
    count = 1
    key   = { "ip.dst" = "198.51.100.7", "ip.src" = "192.0.2.10" }
    at    = "7m"
  }
}

test "seven ports, and an eighth as long ago as the window, stay quiet" {
  packets {
    count = 8
    every = "90s"
    icmp {
      src         = "192.0.2.10"
      dst         = "198.51.100.7"
      type        = 3
      code        = 3
      payload_hex = "4500001c 00000000 40110000 c6336407 c000020a 9c40 ${format("%04x", 100 + i)} 00080000"
    }
  }
  quiet = true
}

test "answers that a client no longer waits for, a traceroute, and one port many times stay quiet" {
  packets {
    count = 40
    every = "1s"
    icmp {
      src         = "192.0.2.10"
      dst         = "198.51.100.7"
      type        = 3
      code        = 3
      payload_hex = "4500001c 00000000 40110000 c6336407 c000020a 0035 ${format("%04x", 2000 + i)} 00080000"
    }
  }
  packets {
    count = 40
    every = "1s"
    icmp {
      src         = "192.0.2.10"
      dst         = "198.51.100.7"
      type        = 3
      code        = 3
      payload_hex = "4500001c 00000000 40110000 c6336407 c000020a 9c40 ${format("%04x", 33434 + i)} 00080000"
    }
  }
  packets {
    count = 40
    every = "1s"
    icmp {
      src         = "192.0.2.10"
      dst         = "198.51.100.7"
      type        = 3
      code        = 3
      payload_hex = "4500001c 00000000 40110000 c6336407 c000020a 9c40 00a1 00080000"
    }
  }
  packets {
    count = 40
    every = "1s"
    icmp {
      src         = "192.0.2.10"
      dst         = "198.51.100.7"
      type        = 3
      code        = 1
      payload_hex = "4500001c 00000000 40110000 c6336407 c000020a 9c40 ${format("%04x", 100 + i)} 00080000"
    }
  }
  quiet = true
}

test "six refusals of a recording of the lab are too few" {
  pcap   = "../../testdata/pcap/nmap-udp.pcap"
  others = "allow"
  alert "refused_udp_ports" {
    count = 0
  }
}

test "what came just under 10 min before counts" {
  packets {
    count = 7
    every = "1m"
    icmp {
      src         = "192.0.2.10"
      dst         = "198.51.100.7"
      type        = 3
      code        = 3
      payload_hex = "4500001c 00000000 40110000 c6336407 c000020a 9c40 ${format("%04x", 100 + i)} 00080000"
    }
  }
  packets {
    start = "599999ms"
    icmp {
      src         = "192.0.2.10"
      dst         = "198.51.100.7"
      type        = 3
      code        = 3
      payload_hex = "4500001c 00000000 40110000 c6336407 c000020a 9c40 ${format("%04x", 100 + 7)} 00080000"
    }
  }
  others = "allow"
  alert "refused_udp_ports" {
    count = 1
  }
}

test "what came 10 min before no longer counts" {
  packets {
    count = 7
    every = "1m"
    icmp {
      src         = "192.0.2.10"
      dst         = "198.51.100.7"
      type        = 3
      code        = 3
      payload_hex = "4500001c 00000000 40110000 c6336407 c000020a 9c40 ${format("%04x", 100 + i)} 00080000"
    }
  }
  packets {
    start = "10m"
    icmp {
      src         = "192.0.2.10"
      dst         = "198.51.100.7"
      type        = 3
      code        = 3
      payload_hex = "4500001c 00000000 40110000 c6336407 c000020a 9c40 ${format("%04x", 100 + 7)} 00080000"
    }
  }
  others = "allow"
  alert "refused_udp_ports" {
    count = 0
  }
}

test "port 9983 counts, and 9984 does not" {
  packets {
    count = 9
    every = "1s"
    icmp {
      src         = "192.0.2.10"
      dst         = "198.51.100.7"
      type        = 3
      code        = 3
      payload_hex = "4500001c0000000040110000c6336407c000020aea60${format("%04x", 9976 + i)}00080000"
    }
  }
  others = "allow"
  alert "refused_udp_ports" {
    count = 1
  }
}

test "with seven below 9984 it stays quiet" {
  packets {
    count = 9
    every = "1s"
    icmp {
      src         = "192.0.2.10"
      dst         = "198.51.100.7"
      type        = 3
      code        = 3
      payload_hex = "4500001c0000000040110000c6336407c000020aea60${format("%04x", 9977 + i)}00080000"
    }
  }
  others = "allow"
  alert "refused_udp_ports" {
    count = 0
  }
}

test "to a client at 1024 counts" {
  packets {
    count = 8
    every = "1s"
    icmp {
      src         = "192.0.2.10"
      dst         = "198.51.100.7"
      type        = 3
      code        = 3
      payload_hex = "4500001c0000000040110000c6336407c000020a0400${format("%04x", 100 + i)}00080000"
    }
  }
  others = "allow"
  alert "refused_udp_ports" {
    count = 1
  }
}

test "to a client below, other errors, TCP and headers with options stay quiet" {
  packets {
    count = 20
    every = "1s"
    icmp {
      src         = "192.0.2.10"
      dst         = "198.51.100.7"
      type        = 3
      code        = 3
      payload_hex = "4500001c0000000040110000c6336407c000020a03ff${format("%04x", 100 + i)}00080000"
    }
  }
  packets {
    count = 20
    every = "1s"
    icmp {
      src         = "192.0.2.10"
      dst         = "198.51.100.7"
      type        = 3
      code        = 1
      payload_hex = "4500001c0000000040110000c6336407c000020aea60${format("%04x", 100 + i)}00080000"
    }
  }
  packets {
    count = 20
    every = "1s"
    icmp {
      src         = "192.0.2.10"
      dst         = "198.51.100.7"
      type        = 3
      code        = 4
      payload_hex = "4500001c0000000040110000c6336407c000020aea60${format("%04x", 100 + i)}00080000"
    }
  }
  packets {
    count = 20
    every = "1s"
    icmp {
      src         = "192.0.2.10"
      dst         = "198.51.100.7"
      type        = 4
      code        = 3
      payload_hex = "4500001c0000000040110000c6336407c000020aea60${format("%04x", 100 + i)}00080000"
    }
  }
  packets {
    count = 20
    every = "1s"
    icmp {
      src         = "192.0.2.10"
      dst         = "198.51.100.7"
      type        = 3
      code        = 3
      payload_hex = "4500001c0000000040060000c6336407c000020aea60${format("%04x", 100 + i)}00080000"
    }
  }
  packets {
    count = 20
    every = "1s"
    icmp {
      src         = "192.0.2.10"
      dst         = "198.51.100.7"
      type        = 3
      code        = 3
      payload_hex = "4600001c0000000040110000c6336407c000020aea60${format("%04x", 100 + i)}00080000"
    }
  }
  others = "allow"
  alert "refused_udp_ports" {
    count = 0
  }
}

test "ports that differ in one of their two bytes are different" {
  packets {
    count = 8
    every = "1s"
    icmp {
      src         = "192.0.2.1"
      dst         = "198.51.100.7"
      type        = 3
      code        = 3
      payload_hex = "4500001c0000000040110000c6336407c000020aea60${format("%04x", 256 * i + 7)}00080000"
    }
  }
  packets {
    count = 8
    every = "1s"
    icmp {
      src         = "192.0.2.2"
      dst         = "198.51.100.7"
      type        = 3
      code        = 3
      payload_hex = "4500001c0000000040110000c6336407c000020aea60${format("%04x", 512 + i)}00080000"
    }
  }
  others = "allow"
  alert "refused_udp_ports" {
    count = 2
  }
}
