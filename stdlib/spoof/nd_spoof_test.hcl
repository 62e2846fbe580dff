test "there and back fires" {
  packets {
    count = 3
    every = "2s"
    icmp {
      src         = "fe80::1"
      dst         = "fe80::5"
      type        = 136
      payload_hex = "fe8000000000000000000000000000010201${["020000000001", "020000000066"][i % 2]}"
    }
  }
  alert "nd_spoof" {
    count = 1
    key   = { "icmpv6.nd.target" = "fe80::1" }
    at    = "4s"
  }
}

test "a failover stays quiet" {
  packets {
    count = 40
    every = "2s"
    icmp {
      src         = "fe80::1"
      dst         = "fe80::5"
      type        = 136
      payload_hex = "fe8000000000000000000000000000010201${i < 20 ? "020000000001" : "020000000066"}"
    }
  }
  quiet = true
}

test "neighbors at an address each stay quiet" {
  packets {
    count = 100
    every = "1s"
    icmp {
      src         = "fe80::${1 + i % 4}"
      dst         = "fe80::5"
      type        = 136
      payload_hex = "fe80000000000000000000000000000${1 + i % 4}020102000000000${1 + i % 4}"
    }
  }
  quiet = true
}

test "a recording of the lab" {
  pcap   = "../../testdata/pcap/parasite6.pcap"
  others = "allow"
  alert "nd_spoof" {
    count = 1
    key   = { "icmpv6.nd.target" = "fd00:10::20" }
  }
}

test "what came just under 1 h before counts" {
  packets {
    count = 2
    every = "2s"
    icmp {
      src         = "fe80::1"
      dst         = "fe80::5"
      type        = 136
      payload_hex = "fe8000000000000000000000000000010201${["020000000001", "020000000066"][i % 2]}"
    }
  }
  packets {
    start = "3599999ms"
    icmp {
      src         = "fe80::1"
      dst         = "fe80::5"
      type        = 136
      payload_hex = "fe8000000000000000000000000000010201${["020000000001", "020000000066"][2 % 2]}"
    }
  }
  others = "allow"
  alert "nd_spoof" {
    count = 1
  }
}

test "what came 1 h before no longer counts" {
  packets {
    count = 2
    every = "2s"
    icmp {
      src         = "fe80::1"
      dst         = "fe80::5"
      type        = 136
      payload_hex = "fe8000000000000000000000000000010201${["020000000001", "020000000066"][i % 2]}"
    }
  }
  packets {
    start = "1h"
    icmp {
      src         = "fe80::1"
      dst         = "fe80::5"
      type        = 136
      payload_hex = "fe8000000000000000000000000000010201${["020000000001", "020000000066"][2 % 2]}"
    }
  }
  others = "allow"
  alert "nd_spoof" {
    count = 0
  }
}

test "the hardware address of the sensor itself stays quiet" {
  set = { own_macs = ["02:00:00:00:00:01", "02:00:00:00:00:66"] }
  packets {
    count = 4
    every = "1s"
    icmp {
      src         = "fe80::1"
      dst         = "fe80::30"
      type        = 136
      payload_hex = "fd0000100000000000000000000000200201${["020000000001", "020000000066"][i % 2]}"
    }
  }
  others = "allow"
  alert "nd_spoof" {
    count = 0
  }
}
