test "a ping of ptunnel and its answer fire once" {
  packets {
    icmp {
      src         = "10.0.0.5"
      dst         = "198.51.100.7"
      payload_hex = "d5200880c0a80001000000504000000000"
    }
  }
  packets {
    start = "20ms"
    icmp {
      src         = "198.51.100.7"
      dst         = "10.0.0.5"
      type        = 0
      payload_hex = "d5200880c0a80001000000504000000000"
    }
  }
  alert "icmp_ptunnel" {
    count = 1
    key   = { "icmp.type == 8 ? ip.src : ip.dst" = "10.0.0.5" }
    at    = "0s"
  }
}

test "pings that begin with another number stay quiet" {
  packets {
    count = 20
    every = "1s"
    icmp {
      src         = "10.0.0.5"
      dst         = "198.51.100.7"
      payload_hex = "d5200881c0a80001000000504000000000"
    }
  }
  quiet = true
}

test "a recording of the lab" {
  pcap   = "../../testdata/pcap/ptunnel.pcap"
  others = "allow"
  alert "icmp_ptunnel" {
    count = 1
  }
}

test "a ping of ptunnel-ng" {
  packets {
    icmp {
      src         = "10.0.0.5"
      dst         = "198.51.100.7"
      payload_hex = "deadc0dec0a80001000000504000000000"
    }
  }
  alert "icmp_ptunnel" { count = 1 }
}

test "an answer fires, and other types stay quiet" {
  packets {
    icmp {
      src         = "192.0.2.10"
      dst         = "198.51.100.7"
      type        = 0
      payload_hex = "d5200880"
    }
  }
  packets {
    icmp {
      src         = "192.0.2.2"
      dst         = "198.51.100.7"
      type        = 1
      payload_hex = "d5200880"
    }
  }
  packets {
    icmp {
      src         = "192.0.2.3"
      dst         = "198.51.100.7"
      type        = 9
      payload_hex = "d5200880"
    }
  }
  others = "allow"
  alert "icmp_ptunnel" {
    count = 1
  }
}

test "the number of ptunnel-ng fires" {
  packets {
    icmp {
      src         = "192.0.2.10"
      dst         = "198.51.100.7"
      payload_hex = "deadc0de"
    }
  }
  others = "allow"
  alert "icmp_ptunnel" {
    count = 1
  }
}
