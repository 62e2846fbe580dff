test "a host that comes on the second day fires, by its ARP alone" {
  packets {
    count = 5
    every = "6h"
    tcp {
      src     = "10.0.0.5"
      dst     = "10.0.0.20"
      dstport = 443
      flags   = "S"
    }
  }
  packets {
    start = "25h"
    count = 2
    every = "1s"
    arp {
      opcode  = 1
      src_mac = "52:54:00:00:00:09"
      src_ip  = "10.0.0.9"
      dst_ip  = "10.0.0.20"
    }
  }
  packets {
    start = "25h5s"
    tcp {
      src     = "10.0.0.9"
      dst     = "10.0.0.20"
      dstport = 443
      flags   = "S"
    }
  }
  packets {
    start = "26h"
    udp {
      src     = "10.0.0.77"
      dst     = "10.0.0.20"
      dstport = 514
      payload = 40
    }
  }
  alert "new_host" {
    count = 2
  }
  alert "new_host" {
    count = 1
    key   = { "asset.src.ip" = "10.0.0.9" }
  }
}

test "one of the first day, one that was seen before, and one from outside stay quiet" {
  packets {
    count = 3
    every = "12h"
    tcp {
      src     = "10.0.0.5"
      dst     = "10.0.0.20"
      dstport = 443
      flags   = "S"
    }
  }
  packets {
    start = "23h59m"
    tcp {
      src     = "10.0.0.6"
      dst     = "10.0.0.20"
      dstport = 443
      flags   = "S"
    }
  }
  packets {
    start = "30h"
    tcp {
      src     = "198.51.100.7"
      dst     = "10.0.0.20"
      dstport = 443
      flags   = "S"
    }
  }
  alert "new_host" {
    count = 0
  }
}
