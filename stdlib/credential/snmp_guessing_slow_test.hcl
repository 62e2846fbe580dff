test "the sixth community of one host fires" {
  packets {
    count = 6
    every = "30s"
    udp {
      src         = "198.51.100.22"
      dst         = "192.0.2.10"
      dstport     = 161
      payload_hex = "302502010104053130${format("%02d", 30 + floor(i / 10))}3${i % 10}61a0190201000201000201003000"
    }
  }
  alert "snmp_guessing_slow" {
    count = 1
    key   = { "ip.src" = "198.51.100.22", "ip.dst" = "192.0.2.10" }
    at    = "150s"
  }
}

test "five communities stay quiet" {
  packets {
    count = 5
    every = "30s"
    udp {
      src         = "198.51.100.22"
      dst         = "192.0.2.10"
      dstport     = 161
      payload_hex = "302502010104053130${format("%02d", 30 + floor(i / 10))}3${i % 10}61a0190201000201000201003000"
    }
  }
  quiet = true
}

test "a manager with a community for each host stays quiet" {
  packets {
    count = 60
    every = "10s"
    udp {
      src         = "198.51.100.22"
      dst         = "192.0.2.${1 + i}"
      dstport     = 161
      payload_hex = "302502010104053130${format("%02d", 30 + floor(i / 10))}3${i % 10}61a0190201000201000201003000"
    }
  }
  quiet = true
}

test "what came just under 10 min before counts" {
  packets {
    count = 5
    every = "30s"
    udp {
      src         = "198.51.100.22"
      dst         = "192.0.2.10"
      dstport     = 161
      payload_hex = "302502010104053130${format("%02d", 30 + floor(i / 10))}3${i % 10}61a0190201000201000201003000"
    }
  }
  packets {
    start = "599999ms"
    udp {
      src         = "198.51.100.22"
      dst         = "192.0.2.10"
      dstport     = 161
      payload_hex = "302502010104053130${format("%02d", 30 + floor(5 / 10))}3561a0190201000201000201003000"
    }
  }
  others = "allow"
  alert "snmp_guessing_slow" {
    count = 1
  }
}

test "what came 10 min before no longer counts" {
  packets {
    count = 5
    every = "30s"
    udp {
      src         = "198.51.100.22"
      dst         = "192.0.2.10"
      dstport     = 161
      payload_hex = "302502010104053130${format("%02d", 30 + floor(i / 10))}3${i % 10}61a0190201000201000201003000"
    }
  }
  packets {
    start = "10m"
    udp {
      src         = "198.51.100.22"
      dst         = "192.0.2.10"
      dstport     = 161
      payload_hex = "302502010104053130${format("%02d", 30 + floor(5 / 10))}3561a0190201000201000201003000"
    }
  }
  others = "allow"
  alert "snmp_guessing_slow" {
    count = 0
  }
}

test "communities of one to seven letters that differ in the last one are different" {
  packets {
    count = 42
    every = "2s"
    udp {
      src         = "198.51.100.${1 + i % 7}"
      dst         = "192.0.2.10"
      srcport     = 40000
      dstport     = 161
      payload_hex = "302602010104${format("%02x", 1 + i % 7)}${repeat("61", i % 7)}${62 + floor(i / 7)}a0190201000201000201003000"
    }
  }
  others = "allow"
  alert "snmp_guessing_slow" {
    count = 7
  }
}

test "what is behind a community makes no other of it" {
  packets {
    count = 84
    every = "2s"
    udp {
      src         = "198.51.100.${1 + i % 7}"
      dst         = "192.0.2.10"
      srcport     = 40000
      dstport     = 161
      payload_hex = "302602010104${format("%02x", 1 + i % 7)}${repeat("61", 1 + i % 7)}${repeat("${format("%02x", 65 + floor(i / 7))}", 12)}"
    }
  }
  others = "allow"
  alert "snmp_guessing_slow" {
    count = 0
  }
}

test "what is no question of version 1 or 2c stays quiet" {
  packets {
    count = 40
    every = "2s"
    udp {
      src         = "198.51.100.7"
      dst         = "192.0.2.10"
      srcport     = 40000
      dstport     = 161
      payload_hex = "3026020103040531303030${format("%02x", 65 + i)}a019"
    }
  }
  packets {
    count = 40
    every = "2s"
    udp {
      src         = "198.51.100.7"
      dst         = "192.0.2.10"
      srcport     = 40000
      dstport     = 161
      payload_hex = "3026020102040531303030${format("%02x", 65 + i)}a019"
    }
  }
  packets {
    count = 40
    every = "2s"
    udp {
      src         = "198.51.100.7"
      dst         = "192.0.2.10"
      srcport     = 40000
      dstport     = 161
      payload_hex = "3026020201040531303030${format("%02x", 65 + i)}a019"
    }
  }
  packets {
    count = 40
    every = "2s"
    udp {
      src         = "198.51.100.7"
      dst         = "192.0.2.10"
      srcport     = 40000
      dstport     = 161
      payload_hex = "3026030101040531303030${format("%02x", 65 + i)}a019"
    }
  }
  packets {
    count = 40
    every = "2s"
    udp {
      src         = "198.51.100.7"
      dst         = "192.0.2.10"
      srcport     = 40000
      dstport     = 161
      payload_hex = "3026020101050531303030${format("%02x", 65 + i)}a019"
    }
  }
  packets {
    count = 40
    every = "2s"
    udp {
      src         = "198.51.100.7"
      dst         = "192.0.2.10"
      srcport     = 40000
      dstport     = 161
      payload_hex = "30260201010400${format("%02x", 65 + i)}a019"
    }
  }
  packets {
    count = 40
    every = "2s"
    udp {
      src         = "198.51.100.7"
      dst         = "192.0.2.10"
      srcport     = 40000
      dstport     = 161
      payload_hex = "3126020101040531303030${format("%02x", 65 + i)}a019"
    }
  }
  packets {
    count = 40
    every = "2s"
    udp {
      src         = "198.51.100.7"
      dst         = "192.0.2.10"
      srcport     = 40000
      dstport     = 162
      payload_hex = "3026020101040531303030${format("%02x", 65 + i)}a019"
    }
  }
  others = "allow"
  alert "snmp_guessing_slow" {
    count = 0
  }
}

test "a community of one letter counts, of version 1 as well" {
  packets {
    count = 6
    every = "13s"
    udp {
      src         = "198.51.100.7"
      dst         = "192.0.2.10"
      srcport     = 40000
      dstport     = 161
      payload_hex = "30260201000401${format("%02x", 65 + i)}a019"
    }
  }
  others = "allow"
  alert "snmp_guessing_slow" {
    count = 1
  }
}

test "six communities in 60 s fire" {
  packets {
    count = 6
    every = "12s"
    udp {
      src         = "198.51.100.7"
      dst         = "192.0.2.10"
      srcport     = 40000
      dstport     = 161
      payload_hex = "3026020101040531303030${format("%02x", 65 + i)}a019"
    }
  }
  others = "allow"
  alert "snmp_guessing_slow" {
    count = 1
  }
}

test "six communities in less than 60 s are left to snmp_guessing" {
  packets {
    count = 6
    every = "11900ms"
    udp {
      src         = "198.51.100.7"
      dst         = "192.0.2.10"
      srcport     = 40000
      dstport     = 161
      payload_hex = "3026020101040531303030${format("%02x", 65 + i)}a019"
    }
  }
  others = "allow"
  alert "snmp_guessing_slow" {
    count = 0
  }
}
