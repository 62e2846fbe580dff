test "the thousandth pair fires" {
  packets {
    count = 1000
    every = "4ms"
    tcp {
      src     = "198.51.${i % 4}.${1 + floor(i / 4)}"
      dst     = "192.0.2.10"
      srcport = 443
      dstport = 40000
      flags   = "SA"
    }
  }
  alert "synack_flood" {
    count = 1
    key   = { "ip.dst" = "192.0.2.10" }
    at    = "3996ms"
  }
}

test "999 pairs stay quiet" {
  packets {
    count = 999
    every = "4ms"
    tcp {
      src     = "198.51.${i % 4}.${1 + floor(i / 4)}"
      dst     = "192.0.2.10"
      srcport = 443
      dstport = 40000
      flags   = "SA"
    }
  }
  quiet = true
}

test "a client that opens many connections to one server stays quiet" {
  packets {
    count = 5000
    every = "1ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 443
      dstport = 30000 + i
      flags   = "SA"
    }
  }
  quiet = true
}

test "a recording of the lab" {
  pcap   = "../../testdata/pcap/hping3-synack-flood-spoofed.pcap.gz"
  others = "allow"
  alert "synack_flood" {
    count = 1
    key   = { "ip.dst" = "10.0.0.10" }
  }
}

test "what came just under 5 s before counts" {
  packets {
    count = 999
    every = "4ms"
    tcp {
      src     = "198.51.${i % 4}.${1 + floor(i / 4)}"
      dst     = "192.0.2.10"
      srcport = 443
      dstport = 40000
      flags   = "SA"
    }
  }
  packets {
    start = "4999ms"
    tcp {
      src     = "198.51.3.${1 + floor(999 / 4)}"
      dst     = "192.0.2.10"
      srcport = 443
      dstport = 40000
      flags   = "SA"
    }
  }
  others = "allow"
  alert "synack_flood" {
    count = 1
  }
}

test "what came 5 s before no longer counts" {
  packets {
    count = 999
    every = "4ms"
    tcp {
      src     = "198.51.${i % 4}.${1 + floor(i / 4)}"
      dst     = "192.0.2.10"
      srcport = 443
      dstport = 40000
      flags   = "SA"
    }
  }
  packets {
    start = "5s"
    tcp {
      src     = "198.51.3.${1 + floor(999 / 4)}"
      dst     = "192.0.2.10"
      srcport = 443
      dstport = 40000
      flags   = "SA"
    }
  }
  others = "allow"
  alert "synack_flood" {
    count = 0
  }
}

test "SYN+ACK with the echo of ECN counts" {
  packets {
    count = 1000
    every = "1ms"
    tcp {
      src     = "198.51.${floor(i / 250)}.${1 + i % 250}"
      dst     = "192.0.2.10"
      srcport = 80
      dstport = 40000
      flags   = "SAE"
    }
  }
  others = "allow"
  alert "synack_flood" {
    count = 1
  }
}
