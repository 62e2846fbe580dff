test "a thousand RST to different ports fire" {
  packets {
    count = 1000
    every = "4ms"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 80
      dstport = 2000 + i
      flags   = "R"
      seq     = 1
    }
  }
  others = "allow"
  alert "ack_flood" {
    count = 1
    key   = { "ip.src" = "192.0.2.10" }
    at    = "3996ms"
  }
}

test "999 stay quiet" {
  packets {
    count = 999
    every = "4ms"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 80
      dstport = 2000 + i
      flags   = "R"
      seq     = 1
    }
  }
  alert "ack_flood" {
    count = 0
  }
  others = "allow"
}

test "a host that refuses SYNs stays quiet: its RST has ACK" {
  packets {
    count = 3000
    every = "1ms"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 2000 + i
      dstport = 40000
      flags   = "RA"
    }
  }
  alert "ack_flood" {
    count = 0
  }
  others = "allow"
}

test "a recording of the lab" {
  pcap   = "../../testdata/pcap/hping3-synack-flood-spoofed.pcap.gz"
  others = "allow"
  alert "ack_flood" {
    count = 1
    key   = { "ip.src" = "10.0.0.10" }
  }
}

test "what came just under 5 s before counts" {
  packets {
    count = 999
    every = "4ms"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 80
      dstport = 2000 + i
      flags   = "R"
      seq     = 1
    }
  }
  packets {
    start = "4999ms"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 80
      dstport = 2999
      flags   = "R"
      seq     = 1
    }
  }
  others = "allow"
  alert "ack_flood" {
    count = 1
  }
}

test "what came 5 s before no longer counts" {
  packets {
    count = 999
    every = "4ms"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 80
      dstport = 2000 + i
      flags   = "R"
      seq     = 1
    }
  }
  packets {
    start = "5s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 80
      dstport = 2999
      flags   = "R"
      seq     = 1
    }
  }
  others = "allow"
  alert "ack_flood" {
    count = 0
  }
}
