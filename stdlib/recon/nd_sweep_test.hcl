test "a recording of the lab" {
  pcap   = "../../testdata/pcap/nmap-nd-sweep.pcap.gz"
  others = "allow"
  alert "nd_sweep" {
    count = 1
    key   = { "ip.src" = "fd00:10::66" }
  }
}

test "hosts that look for their router stay quiet" {
  pcap   = "../../testdata/pcap/parasite6.pcap"
  others = "allow"
  alert "nd_sweep" {
    count = 0
  }
}

test "the hundred and twentieth address fires" {
  packets {
    count = 120
    every = "10ms"
    icmp {
      src         = "fe80::66"
      dst         = "ff02::1:ff00:1"
      type        = 135
      payload_hex = "fd0000100000000000000000000000${format("%02x", i)}"
    }
  }
  others = "allow"
  alert "nd_sweep" {
    count = 1
  }
}

test "119 stay quiet" {
  packets {
    count = 119
    every = "10ms"
    icmp {
      src         = "fe80::66"
      dst         = "ff02::1:ff00:1"
      type        = 135
      payload_hex = "fd0000100000000000000000000000${format("%02x", i)}"
    }
  }
  others = "allow"
  alert "nd_sweep" {
    count = 0
  }
}

test "advertisements, and a host that looks whether its own address is free, stay quiet" {
  packets {
    count = 150
    every = "10ms"
    icmp {
      src         = "fe80::66"
      dst         = "ff02::1:ff00:1"
      type        = 136
      payload_hex = "fd0000100000000000000000000000${format("%02x", i)}"
    }
  }
  packets {
    count = 150
    every = "10ms"
    icmp {
      src         = "::"
      dst         = "ff02::1:ff00:1"
      type        = 135
      payload_hex = "fd0000100000000000000000000000${format("%02x", i)}"
    }
  }
  others = "allow"
  alert "nd_sweep" {
    count = 0
  }
}

test "what came just under 10 s before counts" {
  packets {
    count = 119
    every = "10ms"
    icmp {
      src         = "fe80::66"
      dst         = "ff02::1:ff00:1"
      type        = 135
      payload_hex = "fd0000100000000000000000000000${format("%02x", i)}"
    }
  }
  packets {
    start = "9999ms"
    icmp {
      src         = "fe80::66"
      dst         = "ff02::1:ff00:1"
      type        = 135
      payload_hex = "fd0000100000000000000000000000${format("%02x", 200)}"
    }
  }
  others = "allow"
  alert "nd_sweep" {
    count = 1
  }
}

test "what came 10 s before no longer counts" {
  packets {
    count = 119
    every = "10ms"
    icmp {
      src         = "fe80::66"
      dst         = "ff02::1:ff00:1"
      type        = 135
      payload_hex = "fd0000100000000000000000000000${format("%02x", i)}"
    }
  }
  packets {
    start = "10s"
    icmp {
      src         = "fe80::66"
      dst         = "ff02::1:ff00:1"
      type        = 135
      payload_hex = "fd0000100000000000000000000000${format("%02x", 200)}"
    }
  }
  others = "allow"
  alert "nd_sweep" {
    count = 0
  }
}
