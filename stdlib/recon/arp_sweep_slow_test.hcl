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

test "with 60 of 121 there it fires" {
  packets {
    count = 10
    every = "1s"
    arp {
      src_mac = "02:00:00:00:00:66"
      src_ip  = "10.0.9.66"
      dst_ip  = "10.0.${1 + floor((i + 0) / 250)}.${1 + (i + 0) % 250}"
    }
  }
  packets {
    count = 60
    every = "10ms"
    start = "20s"
    arp {
      src_mac = "02:00:00:00:02:01"
      dst_mac = "02:00:00:00:00:66"
      src_ip  = "10.0.1.${1 + i}"
      dst_ip  = "10.0.9.66"
      opcode  = 2
    }
  }
  packets {
    count = 111
    every = "1s"
    start = "30s"
    arp {
      src_mac = "02:00:00:00:00:66"
      src_ip  = "10.0.9.66"
      dst_ip  = "10.0.${1 + floor((i + 10) / 250)}.${1 + (i + 10) % 250}"
    }
  }
  others = "allow"
  alert "arp_sweep_slow" {
    count = 1
  }
}

test "with 60 of 120 there it stays quiet" {
  packets {
    count = 10
    every = "1s"
    arp {
      src_mac = "02:00:00:00:00:66"
      src_ip  = "10.0.9.66"
      dst_ip  = "10.0.${1 + floor((i + 0) / 250)}.${1 + (i + 0) % 250}"
    }
  }
  packets {
    count = 60
    every = "10ms"
    start = "20s"
    arp {
      src_mac = "02:00:00:00:02:01"
      dst_mac = "02:00:00:00:00:66"
      src_ip  = "10.0.1.${1 + i}"
      dst_ip  = "10.0.9.66"
      opcode  = 2
    }
  }
  packets {
    count = 110
    every = "1s"
    start = "30s"
    arp {
      src_mac = "02:00:00:00:00:66"
      src_ip  = "10.0.9.66"
      dst_ip  = "10.0.${1 + floor((i + 10) / 250)}.${1 + (i + 10) % 250}"
    }
  }
  others = "allow"
  alert "arp_sweep_slow" {
    count = 0
  }
}

test "a hundred and nineteen in 10 s fire with what came before" {
  packets {
    arp {
      src_mac = "02:00:00:00:00:66"
      src_ip  = "10.0.9.66"
      dst_ip  = "10.0.${1 + floor((i + 0) / 250)}.${1 + (i + 0) % 250}"
    }
  }
  packets {
    count = 119
    every = "50ms"
    start = "30s"
    arp {
      src_mac = "02:00:00:00:00:66"
      src_ip  = "10.0.9.66"
      dst_ip  = "10.0.${1 + floor((i + 1) / 250)}.${1 + (i + 1) % 250}"
    }
  }
  others = "allow"
  alert "arp_sweep_slow" {
    count = 1
  }
}

test "a hundred and twenty in 10 s are left to arp_sweep" {
  packets {
    count = 120
    every = "50ms"
    arp {
      src_mac = "02:00:00:00:00:66"
      src_ip  = "10.0.9.66"
      dst_ip  = "10.0.${1 + floor((i + 0) / 250)}.${1 + (i + 0) % 250}"
    }
  }
  others = "allow"
  alert "arp_sweep_slow" {
    count = 0
  }
}
