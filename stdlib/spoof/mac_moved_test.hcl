test "a gateway that is elsewhere after a day fires once" {
  packets {
    start = "0s"
    count = 1
    every = "1s"
    arp {
      opcode  = 2
      src_mac = "52:54:00:00:00:01"
      src_ip  = "10.0.0.1"
      dst_ip  = "10.0.0.20"
    }
  }
  packets {
    start = "25h"
    count = 3
    every = "1s"
    arp {
      opcode  = 2
      src_mac = "52:54:00:00:00:09"
      src_ip  = "10.0.0.1"
      dst_ip  = "10.0.0.20"
    }
  }
  alert "mac_moved" {
    count = 1
    key   = { "asset.src.ip" = "10.0.0.1" }
  }
}

test "the same card, an address of today, and one that was not known stay quiet" {
  others = "allow"
  packets {
    start = "0s"
    count = 1
    every = "1s"
    arp {
      opcode  = 2
      src_mac = "52:54:00:00:00:01"
      src_ip  = "10.0.0.1"
      dst_ip  = "10.0.0.20"
    }
  }
  packets {
    start = "20h"
    count = 1
    every = "1s"
    arp {
      opcode  = 2
      src_mac = "52:54:00:00:00:02"
      src_ip  = "10.0.0.2"
      dst_ip  = "10.0.0.20"
    }
  }
  packets {
    start = "25h"
    count = 3
    every = "1s"
    arp {
      opcode  = 2
      src_mac = "52:54:00:00:00:01"
      src_ip  = "10.0.0.1"
      dst_ip  = "10.0.0.20"
    }
  }
  packets {
    start = "26h"
    count = 1
    every = "1s"
    arp {
      opcode  = 2
      src_mac = "52:54:00:00:00:09"
      src_ip  = "10.0.0.2"
      dst_ip  = "10.0.0.20"
    }
  }
  packets {
    start = "27h"
    count = 1
    every = "1s"
    arp {
      opcode  = 2
      src_mac = "52:54:00:00:00:07"
      src_ip  = "10.0.0.7"
      dst_ip  = "10.0.0.20"
    }
  }
  alert "mac_moved" {
    count = 0
  }
}
