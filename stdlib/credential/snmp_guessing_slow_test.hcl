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
