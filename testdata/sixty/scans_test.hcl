test "16 ports in a minute" {
  others = "allow"
  packets {
    count = 16
    every = "4s"
    tcp {
      src     = "198.51.100.7"
      dst     = "10.0.0.20"
      dstport = 1000 + i
    }
  }
  alert "multi_ports" {
    key = { "ip.src" = "198.51.100.7" }
  }
}

test "15 ports, and the first has leaked" {
  others = "allow"
  packets {
    count = 16
    every = "6s"
    tcp {
      src     = "198.51.100.7"
      dst     = "10.0.0.20"
      dstport = 1000 + i
    }
  }
  alert "multi_ports" {
    max = 0
  }
}

test "three scanners of one network" {
  others = "allow"
  packets {
    start = "70s"
    count = 15
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "10.0.0.20"
      dstport = 1000 + i
    }
  }
  packets {
    start = "80s"
    count = 15
    every = "100ms"
    tcp {
      src     = "198.51.100.8"
      dst     = "10.0.0.20"
      dstport = 1000 + i
    }
  }
  packets {
    start = "90s"
    count = 15
    every = "100ms"
    tcp {
      src     = "198.51.100.9"
      dst     = "10.0.0.20"
      dstport = 1000 + i
    }
  }
  alert "drop_range" {
    key = { "network(ip.src, 24)" = "198.51.100.0" }
  }
}

test "three scanners of three networks" {
  others = "allow"
  packets {
    start = "70s"
    count = 15
    every = "100ms"
    tcp {
      src     = "198.51.7.7"
      dst     = "10.0.0.20"
      dstport = 1000 + i
    }
  }
  packets {
    start = "80s"
    count = 15
    every = "100ms"
    tcp {
      src     = "198.51.8.7"
      dst     = "10.0.0.20"
      dstport = 1000 + i
    }
  }
  packets {
    start = "90s"
    count = 15
    every = "100ms"
    tcp {
      src     = "198.51.9.7"
      dst     = "10.0.0.20"
      dstport = 1000 + i
    }
  }
  alert "drop_range" {
    max = 0
  }
}

test "18 drops in 34 s" {
  others = "allow"
  packets {
    count = 18
    every = "2s"
    connection {
      src     = "198.51.100.7"
      dst     = "10.0.0.20"
      dstport = 1000 + i
      state   = "unanswered"
    }
  }
  alert "firewall_drops" {
  }
}

test "17 drops" {
  others = "allow"
  packets {
    count = 17
    every = "2s"
    connection {
      src     = "198.51.100.7"
      dst     = "10.0.0.20"
      dstport = 1000 + i
      state   = "unanswered"
    }
  }
  alert "firewall_drops" {
    max = 0
  }
}

test "25 doors on five hosts" {
  others = "allow"
  packets {
    count = 25
    every = "1s"
    connection {
      src     = "198.51.100.7"
      dst     = cidrhost("10.0.0.0/24", 20 + i % 5)
      dstport = 100 + floor(i / 5)
      state   = "refused"
    }
  }
  alert "simple_scan" {
  }
}

test "one door 40 times" {
  others = "allow"
  packets {
    count = 40
    every = "1s"
    connection {
      src     = "198.51.100.7"
      dst     = "10.0.0.20"
      dstport = 22
      state   = "refused"
    }
  }
  alert "simple_scan" {
    max = 0
  }
}

test "traceroute" {
  others = "allow"
  packets {
    count = 4
    every = "100ms"
    udp {
      src     = "10.0.0.30"
      dst     = "203.0.113.9"
      dstport = 33434 + i
      ttl     = i + 1
    }
  }
  packets {
    start = "50ms"
    icmp {
      src  = "10.0.0.1"
      dst  = "10.0.0.30"
      type = 11
    }
  }
  alert "traceroute" {
    key = { "ip.dst" = "10.0.0.30" }
  }
}

test "few hops without an answer" {
  others = "allow"
  packets {
    count = 4
    every = "100ms"
    udp {
      src     = "10.0.0.30"
      dst     = "203.0.113.9"
      dstport = 33434 + i
      ttl     = i + 1
    }
  }
  packets {
    start = "1s"
    icmp {
      src  = "10.0.0.1"
      dst  = "10.0.0.31"
      type = 11
    }
  }
  alert "traceroute" {
    max = 0
  }
}

test "five attempts" {
  others = "allow"
  packets {
    count = 10
    every = "10s"
    tcp {
      src     = "198.51.100.7"
      dst     = "10.0.0.20"
      dstport = 22
    }
  }
  alert "ssh_scan_120s" {
    count = 1
  }
}

test "four attempts" {
  others = "allow"
  packets {
    count = 4
    every = "10s"
    tcp {
      src     = "198.51.100.7"
      dst     = "10.0.0.20"
      dstport = 22
    }
  }
  alert "ssh_scan_120s" {
    max = 0
  }
}

test "a SYN of nmap" {
  others = "allow"
  packets {
    tcp {
      src     = "198.51.100.7"
      dst     = "10.0.0.20"
      dstport = 80
      window  = 1024
    }
  }
  alert "nmap_window" {
  }
}

test "a SYN of a browser" {
  others = "allow"
  packets {
    tcp {
      src     = "198.51.100.7"
      dst     = "10.0.0.20"
      dstport = 80
      window  = 64240
    }
  }
  alert "nmap_window" {
    max = 0
  }
}

test "five refusals" {
  others = "allow"
  packets {
    count = 5
    every = "1m"
    connection {
      src     = "198.51.100.7"
      dst     = "10.0.0.20"
      dstport = 22
      state   = "refused"
    }
  }
  alert "reconnects" {
  }
}

test "five refusals of five ports" {
  others = "allow"
  packets {
    count = 5
    every = "1m"
    connection {
      src     = "198.51.100.7"
      dst     = "10.0.0.20"
      dstport = 1000 + i
      state   = "refused"
    }
  }
  alert "reconnects" {
    max = 0
  }
}

test "level 1, then 2" {
  others = "allow"
  packets {
    count = 150
    every = "1s"
    tcp {
      src     = "198.51.100.7"
      dst     = "10.0.0.20"
      dstport = 443
    }
  }
  alert "psad" {
    count    = 1
    severity = "medium"
  }
}

test "four packets" {
  others = "allow"
  packets {
    count = 4
    every = "1s"
    tcp {
      src     = "198.51.100.7"
      dst     = "10.0.0.20"
      dstport = 443
    }
  }
  alert "psad" {
    max = 0
  }
}

test "answers to monlist" {
  others = "allow"
  packets {
    count = 4
    every = "1s"
    udp {
      src         = "198.51.100.7"
      dst         = "10.0.0.20"
      srcport     = 123
      dstport     = 50000
      payload_hex = "d700032a00010048"
    }
  }
  alert "ntp_monlist" {
    count = 1
  }
}

test "answers of a clock" {
  others = "allow"
  packets {
    count = 4
    every = "1s"
    udp {
      src         = "198.51.100.7"
      dst         = "10.0.0.20"
      srcport     = 123
      dstport     = 50000
      payload_hex = "240103e900000000"
    }
  }
  alert "ntp_monlist" {
    max = 0
  }
}

test "a burst after a quiet day" {
  others = "allow"
  packets {
    count = 24
    every = "1h"
    connection {
      src     = "198.51.100.7"
      dst     = "10.0.0.20"
      dstport = 80
      state   = "refused"
    }
  }
  packets {
    start = "23h30m"
    count = 25
    every = "10s"
    connection {
      src     = "198.51.100.7"
      dst     = "10.0.0.20"
      dstport = 1000 + i
      state   = "refused"
    }
  }
  alert "denies_over_usual" {
  }
}

test "a busy day is usual" {
  others = "allow"
  packets {
    count = 8000
    every = "10s"
    connection {
      src     = "198.51.100.7"
      dst     = "10.0.0.20"
      dstport = 80
      state   = "refused"
    }
  }
  alert "denies_over_usual" {
    max = 0
  }
}
