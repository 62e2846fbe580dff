test "the twenty-fifth host fires" {
  packets {
    count = 25
    every = "100ms"
    icmp {
      src = "198.51.100.7"
      dst = "192.0.2.${1 + i}"
    }
  }
  alert "ping_sweep" {
    count = 1
    key   = { "ip.src" = "198.51.100.7" }
    at    = "2400ms"
  }
}

test "24 hosts stay quiet" {
  packets {
    count = 24
    every = "100ms"
    icmp {
      src = "198.51.100.7"
      dst = "192.0.2.${1 + i}"
    }
  }
  quiet = true
}

test "answers stay quiet" {
  packets {
    count = 40
    every = "100ms"
    icmp {
      src  = "198.51.100.7"
      dst  = "192.0.2.${1 + i}"
      type = 0
    }
  }
  quiet = true
}

test "IPv6" {
  packets {
    count = 25
    every = "100ms"
    icmp {
      src = "2001:db8:7::1"
      dst = "2001:db8::${1 + i}"
    }
  }
  alert "ping_sweep" {
    key = { "ip.src" = "2001:db8:7::1" }
  }
}

test "a recording of the lab" {
  pcap = "../../testdata/pcap/nmap-ping-sweep.pcap"
  alert "ping_sweep" {
    count = 1
    key   = { "ip.src" = "198.51.100.7" }
  }
}

test "timestamps asked of 25 hosts" {
  packets {
    count = 25
    every = "500ms"
    icmp {
      src  = "198.51.100.7"
      dst  = "10.0.0.${100 + i}"
      type = 13
    }
  }
  alert "ping_sweep" {
    count = 1
    at    = "12s"
  }
}

test "timestamps asked of 24 hosts" {
  packets {
    count = 24
    every = "500ms"
    icmp {
      src  = "198.51.100.7"
      dst  = "10.0.0.${100 + i}"
      type = 13
    }
  }
  quiet = true
}

test "what looks after all other hosts stays quiet" {
  set = { monitors = ["192.168.1.20"] }
  packets {
    count = 40
    every = "100ms"
    icmp {
      src = "192.168.1.20"
      dst = "203.0.113.${1 + i}"
    }
  }
  others = "allow"
  alert "ping_sweep" {
    count = 0
  }
}

test "a neighbour of what looks after all other hosts fires" {
  set = { monitors = ["192.168.1.20"] }
  packets {
    count = 40
    every = "100ms"
    icmp {
      src = "192.168.1.21"
      dst = "203.0.113.${1 + i}"
    }
  }
  others = "allow"
  alert "ping_sweep" {
    count = 1
  }
}

test "what came just under 30 s before counts" {
  packets {
    count = 24
    every = "100ms"
    icmp {
      src = "198.51.100.7"
      dst = "192.0.2.${1 + i}"
    }
  }
  packets {
    start = "29999ms"
    icmp {
      src = "198.51.100.7"
      dst = "192.0.2.25"
    }
  }
  others = "allow"
  alert "ping_sweep" {
    count = 1
  }
}

test "what came 30 s before no longer counts" {
  packets {
    count = 24
    every = "100ms"
    icmp {
      src = "198.51.100.7"
      dst = "192.0.2.${1 + i}"
    }
  }
  packets {
    start = "30s"
    icmp {
      src = "198.51.100.7"
      dst = "192.0.2.25"
    }
  }
  others = "allow"
  alert "ping_sweep" {
    count = 0
  }
}

test "timestamps and address masks asked for are pings" {
  packets {
    count = 25
    every = "100ms"
    icmp {
      src  = "198.51.100.1"
      dst  = "192.0.2.${1 + i}"
      type = 8
    }
  }
  packets {
    count = 25
    every = "100ms"
    icmp {
      src  = "198.51.100.2"
      dst  = "192.0.2.${1 + i}"
      type = 13
    }
  }
  packets {
    count = 25
    every = "100ms"
    icmp {
      src  = "198.51.100.3"
      dst  = "192.0.2.${1 + i}"
      type = 17
    }
  }
  others = "allow"
  alert "ping_sweep" {
    count = 3
  }
}

test "other types stay quiet" {
  packets {
    count = 30
    every = "100ms"
    icmp {
      src  = "198.51.100.1"
      dst  = "192.0.2.${1 + i}"
      type = 0
    }
  }
  packets {
    count = 30
    every = "100ms"
    icmp {
      src  = "198.51.100.2"
      dst  = "192.0.2.${1 + i}"
      type = 3
    }
  }
  packets {
    count = 30
    every = "100ms"
    icmp {
      src  = "198.51.100.3"
      dst  = "192.0.2.${1 + i}"
      type = 12
    }
  }
  packets {
    count = 30
    every = "100ms"
    icmp {
      src  = "198.51.100.4"
      dst  = "192.0.2.${1 + i}"
      type = 14
    }
  }
  packets {
    count = 30
    every = "100ms"
    icmp {
      src  = "198.51.100.5"
      dst  = "192.0.2.${1 + i}"
      type = 16
    }
  }
  packets {
    count = 30
    every = "100ms"
    icmp {
      src  = "198.51.100.6"
      dst  = "192.0.2.${1 + i}"
      type = 18
    }
  }
  others = "allow"
  alert "ping_sweep" {
    count = 0
  }
}
