test "the hundred and twentieth address fires, at one a second" {
  packets {
    count = 120
    every = "1s"
    arp {
      src_mac = "02:00:00:00:00:66"
      src_ip  = "10.0.0.66"
      dst_ip  = "10.0.0.${67 + i}"
    }
  }
  alert "arp_sweep_slow" {
    count = 1
    key   = { "arp.opcode == 1 ? arp.src.hw_mac : arp.dst.hw_mac" = "02:00:00:00:00:66" }
    at    = "119s"
  }
}

test "119 addresses stay quiet" {
  packets {
    count = 357
    every = "500ms"
    arp {
      src_mac = "02:00:00:00:00:66"
      src_ip  = "10.0.0.66"
      dst_ip  = "10.0.0.${67 + i % 119}"
    }
  }
  quiet = true
}

test "a server that talks to all of a full network stays quiet" {
  packets {
    count = 180
    every = "1s"
    arp {
      src_mac = "02:00:00:00:00:66"
      src_ip  = "10.0.0.2"
      dst_ip  = "10.0.0.${67 + i}"
    }
  }
  packets {
    count = 180
    start = "1ms"
    every = "1s"
    arp {
      opcode  = 2
      src_mac = "02:00:00:00:01:${10 + i % 90}"
      dst_mac = "02:00:00:00:00:66"
      src_ip  = "10.0.0.${67 + i}"
      dst_ip  = "10.0.0.2"
    }
  }
  alert "arp_sweep_slow" {
    count = 0
  }
}

test "a gateway with public addresses behind it stays quiet" {
  packets {
    count = 250
    every = "1s"
    arp {
      src_mac = "02:00:00:00:00:66"
      src_ip  = "203.0.113.1"
      dst_ip  = "203.0.113.${2 + i}"
    }
  }
  alert "arp_sweep_slow" {
    count = 0
  }
}

test "what came just under 5 min before counts" {
  packets {
    count = 119
    every = "1s"
    arp {
      src_mac = "02:00:00:00:00:66"
      src_ip  = "10.0.0.66"
      dst_ip  = "10.0.0.${67 + i}"
    }
  }
  packets {
    start = "299999ms"
    arp {
      src_mac = "02:00:00:00:00:66"
      src_ip  = "10.0.0.66"
      dst_ip  = "10.0.0.186"
    }
  }
  others = "allow"
  alert "arp_sweep_slow" {
    count = 1
  }
}

test "what came 5 min before no longer counts" {
  packets {
    count = 119
    every = "1s"
    arp {
      src_mac = "02:00:00:00:00:66"
      src_ip  = "10.0.0.66"
      dst_ip  = "10.0.0.${67 + i}"
    }
  }
  packets {
    start = "5m"
    arp {
      src_mac = "02:00:00:00:00:66"
      src_ip  = "10.0.0.66"
      dst_ip  = "10.0.0.186"
    }
  }
  others = "allow"
  alert "arp_sweep_slow" {
    count = 0
  }
}
