test "the tenth community fires" {
  packets {
    count = 10
    every = "1s"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 161
      payload = "0\u0029\u0002\u0001\u0000\u0004\u0006word${10 + i}\u00a0\u001c\u0002\u0004"
    }
  }
  alert "snmp_guessing" {
    count = 1
    key   = { "ip.src" = "198.51.100.7" }
    at    = "9s"
  }
}

test "nine communities stay quiet" {
  packets {
    count = 90
    every = "500ms"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 161
      payload = "0\u0029\u0002\u0001\u0001\u0004\u0006word${10 + i % 9}\u00a0\u001c\u0002\u0004"
    }
  }
  quiet = true
}

test "a manager that walks many hosts with one community stays quiet" {
  packets {
    count = 240
    every = "200ms"
    udp {
      src     = "10.0.0.5"
      dst     = "10.0.1.${1 + i % 20}"
      srcport = 40000
      dstport = 161
      payload = "0\u0026\u0002\u0001\u0001\u0004\u0003lab\u00a1\u001c\u0002\u0004${1000 + i}"
    }
  }
  quiet = true
}

test "a recording of the lab" {
  pcap   = "../../testdata/pcap/onesixtyone.pcap"
  others = "allow"
  alert "snmp_guessing" {
    count = 1
    key   = { "ip.src" = "198.51.100.22" }
  }
}

test "what came just under 60 s before counts" {
  packets {
    count = 9
    every = "1s"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 161
      payload = "0\u0029\u0002\u0001\u0000\u0004\u0006word${10 + i}\u00a0\u001c\u0002\u0004"
    }
  }
  packets {
    start = "59999ms"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 161
      payload = "0\u0029\u0002\u0001\u0000\u0004\u0006word19\u00a0\u001c\u0002\u0004"
    }
  }
  others = "allow"
  alert "snmp_guessing" {
    count = 1
  }
}

test "what came 60 s before no longer counts" {
  packets {
    count = 9
    every = "1s"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 161
      payload = "0\u0029\u0002\u0001\u0000\u0004\u0006word${10 + i}\u00a0\u001c\u0002\u0004"
    }
  }
  packets {
    start = "1m"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 161
      payload = "0\u0029\u0002\u0001\u0000\u0004\u0006word19\u00a0\u001c\u0002\u0004"
    }
  }
  others = "allow"
  alert "snmp_guessing" {
    count = 0
  }
}

test "communities of one to seven letters that differ in the last one are different" {
  packets {
    count = 70
    every = "500ms"
    udp {
      src         = "198.51.100.${1 + i % 7}"
      dst         = "192.0.2.10"
      srcport     = 40000
      dstport     = 161
      payload_hex = "302602010104${format("%02x", 1 + i % 7)}${repeat("61", i % 7)}${62 + floor(i / 7)}a0190201000201000201003000"
    }
  }
  others = "allow"
  alert "snmp_guessing" {
    count = 7
  }
}

test "what is behind a community makes no other of it" {
  packets {
    count = 84
    every = "500ms"
    udp {
      src         = "198.51.100.${1 + i % 7}"
      dst         = "192.0.2.10"
      srcport     = 40000
      dstport     = 161
      payload_hex = "302602010104${format("%02x", 1 + i % 7)}${repeat("61", 1 + i % 7)}${repeat("${format("%02x", 65 + floor(i / 7))}", 12)}"
    }
  }
  others = "allow"
  alert "snmp_guessing" {
    count = 0
  }
}

test "what is no question of version 1 or 2c stays quiet" {
  packets {
    count = 40
    every = "500ms"
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
    every = "500ms"
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
    every = "500ms"
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
    every = "500ms"
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
    every = "500ms"
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
    every = "500ms"
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
    every = "500ms"
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
    every = "500ms"
    udp {
      src         = "198.51.100.7"
      dst         = "192.0.2.10"
      srcport     = 40000
      dstport     = 162
      payload_hex = "3026020101040531303030${format("%02x", 65 + i)}a019"
    }
  }
  others = "allow"
  alert "snmp_guessing" {
    count = 0
  }
}

test "a community of one letter counts, of version 1 as well" {
  packets {
    count = 10
    every = "1s"
    udp {
      src         = "198.51.100.7"
      dst         = "192.0.2.10"
      srcport     = 40000
      dstport     = 161
      payload_hex = "30260201000401${format("%02x", 65 + i)}a019"
    }
  }
  others = "allow"
  alert "snmp_guessing" {
    count = 1
  }
}
