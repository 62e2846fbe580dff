test "the sixth answer that nobody asked for fires" {
  packets {
    count = 6
    every = "2s"
    arp {
      opcode  = 2
      src_mac = "02:00:00:00:00:66"
      src_ip  = "192.0.2.1"
      dst_mac = "02:00:00:00:00:30"
      dst_ip  = "192.0.2.30"
    }
  }
  alert "arp_unsolicited" {
    count = 1
    key   = { "arp.opcode == 2 ? arp.src.proto_ipv4 : arp.dst.proto_ipv4" = "192.0.2.1" }
    at    = "10s"
  }
}

test "five answers stay quiet" {
  packets {
    count = 5
    every = "2s"
    arp {
      opcode  = 2
      src_mac = "02:00:00:00:00:66"
      src_ip  = "192.0.2.1"
      dst_mac = "02:00:00:00:00:30"
      dst_ip  = "192.0.2.30"
    }
  }
  quiet = true
}

test "answers to questions stay quiet" {
  packets {
    count = 20
    every = "2s"
    arp {
      opcode = 1
      src_ip = "192.0.2.30"
      dst_ip = "192.0.2.1"
    }
  }
  packets {
    start = "1ms"
    count = 20
    every = "2s"
    arp {
      opcode = 2
      src_ip = "192.0.2.1"
      dst_ip = "192.0.2.30"
    }
  }
  quiet = true
}

test "a virtual router that announces itself again and again stays quiet" {
  packets {
    count = 12
    every = "3s"
    arp {
      opcode  = 2
      src_mac = "00:00:5e:00:01:01"
      src_ip  = "10.0.0.1"
      dst_ip  = "10.0.0.1"
    }
  }
  others = "allow"
  alert "arp_unsolicited" {
    count = 0
  }
}

test "answers to one host for another's address fire, whatever is announced besides" {
  packets {
    count = 12
    every = "3s"
    arp {
      opcode  = 2
      src_mac = "00:00:5e:00:01:01"
      src_ip  = "10.0.0.1"
      dst_ip  = "10.0.0.1"
    }
  }
  packets {
    count = 12
    every = "3s"
    arp {
      opcode  = 2
      src_mac = "02:00:00:00:00:66"
      src_ip  = "10.0.0.1"
      dst_ip  = "10.0.0.30"
    }
  }
  others = "allow"
  alert "arp_unsolicited" { count = 1 }
}

test "what came just under 60 s before counts" {
  packets {
    count = 5
    every = "2s"
    arp {
      opcode  = 2
      src_mac = "02:00:00:00:00:66"
      src_ip  = "192.0.2.1"
      dst_mac = "02:00:00:00:00:30"
      dst_ip  = "192.0.2.30"
    }
  }
  packets {
    start = "59999ms"
    arp {
      opcode  = 2
      src_mac = "02:00:00:00:00:66"
      src_ip  = "192.0.2.1"
      dst_mac = "02:00:00:00:00:30"
      dst_ip  = "192.0.2.30"
    }
  }
  others = "allow"
  alert "arp_unsolicited" {
    count = 1
  }
}

test "what came 60 s before no longer counts" {
  packets {
    count = 5
    every = "2s"
    arp {
      opcode  = 2
      src_mac = "02:00:00:00:00:66"
      src_ip  = "192.0.2.1"
      dst_mac = "02:00:00:00:00:30"
      dst_ip  = "192.0.2.30"
    }
  }
  packets {
    start = "1m"
    arp {
      opcode  = 2
      src_mac = "02:00:00:00:00:66"
      src_ip  = "192.0.2.1"
      dst_mac = "02:00:00:00:00:30"
      dst_ip  = "192.0.2.30"
    }
  }
  others = "allow"
  alert "arp_unsolicited" {
    count = 0
  }
}

test "four answers to one question fire with the sixth" {
  packets {
    count = 2
    every = "1s"
    arp {
      src_mac = "02:00:00:00:00:30"
      src_ip  = "10.0.0.30"
      dst_ip  = "10.0.0.1"
    }
  }
  packets {
    count = 7
    every = "1s"
    start = "3s"
    arp {
      src_mac = "02:00:00:00:00:66"
      src_ip  = "10.0.0.1"
      dst_ip  = "10.0.0.30"
      opcode  = 2
    }
  }
  others = "allow"
  alert "arp_unsolicited" {
    count = 1
  }
}

test "three answers to each question stay quiet" {
  packets {
    count = 2
    every = "1s"
    arp {
      src_mac = "02:00:00:00:00:30"
      src_ip  = "10.0.0.30"
      dst_ip  = "10.0.0.1"
    }
  }
  packets {
    count = 6
    every = "1s"
    start = "3s"
    arp {
      src_mac = "02:00:00:00:00:66"
      src_ip  = "10.0.0.1"
      dst_ip  = "10.0.0.30"
      opcode  = 2
    }
  }
  others = "allow"
  alert "arp_unsolicited" {
    count = 0
  }
}

test "the hardware address of the sensor itself stays quiet" {
  set = { own_macs = ["02:00:00:00:00:66"] }
  packets {
    count = 20
    every = "1s"
    arp {
      src_mac = "02:00:00:00:00:66"
      src_ip  = "10.0.0.1"
      dst_ip  = "10.0.0.30"
      opcode  = 2
    }
  }
  others = "allow"
  alert "arp_unsolicited" {
    count = 0
  }
}

test "arpspoof, at its own pace" {
  pcap   = "../../testdata/pcap/arpspoof-steady.pcap"
  others = "allow"
  alert "arp_unsolicited" {
    count = 1
  }
}
