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
