test "the twenty-fifth host fires" {
  packets {
    count = 25
    every = "1s"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.${1 + i}"
      dstport = 161
    }
  }
  alert "udp_host_sweep" {
    count = 1
    key   = { "ip.src" = "198.51.100.7", "udp.dstport" = 161 }
    at    = "24s"
  }
}

test "24 hosts stay quiet" {
  packets {
    count = 24
    every = "1s"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.${1 + i}"
      dstport = 161
    }
  }
  quiet = true
}

test "names of NetBIOS fire at home, and not outside" {
  packets {
    count = 50
    every = "500ms"
    udp {
      src     = "198.51.100.7"
      dst     = "${i % 2 == 0 ? "10.0.0" : "203.0.113"}.${1 + floor(i / 2)}"
      srcport = 137
      dstport = 137
    }
  }
  alert "udp_host_sweep" {
    count = 1
    key   = { "udp.dstport" = 137 }
    at    = "24s"
  }
}

test "a resolver that asks many servers stays quiet" {
  packets {
    count = 60
    every = "100ms"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.${1 + i}"
      dstport = 53
    }
  }
  quiet = true
}

test "a recording of the lab" {
  pcap = "../../testdata/pcap/nmap-udp-sweep.pcap"
  alert "udp_host_sweep" {
    count = 1
    key   = { "ip.src" = "198.51.100.7" }
  }
}

test "what looks after all other hosts stays quiet" {
  set = { monitors = ["192.168.1.20"] }
  packets {
    count = 40
    every = "100ms"
    udp {
      src     = "192.168.1.20"
      dst     = "203.0.113.${1 + i}"
      dstport = 161
    }
  }
  others = "allow"
  alert "udp_host_sweep" {
    count = 0
  }
}

test "a neighbour of what looks after all other hosts fires" {
  set = { monitors = ["192.168.1.20"] }
  packets {
    count = 40
    every = "100ms"
    udp {
      src     = "192.168.1.21"
      dst     = "203.0.113.${1 + i}"
      dstport = 161
    }
  }
  others = "allow"
  alert "udp_host_sweep" {
    count = 1
  }
}

test "what came just under 60 s before counts" {
  packets {
    count = 24
    every = "1s"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.${1 + i}"
      dstport = 161
    }
  }
  packets {
    start = "59999ms"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.25"
      dstport = 161
    }
  }
  others = "allow"
  alert "udp_host_sweep" {
    count = 1
  }
}

test "what came 60 s before no longer counts" {
  packets {
    count = 24
    every = "1s"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.${1 + i}"
      dstport = 161
    }
  }
  packets {
    start = "1m"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.25"
      dstport = 161
    }
  }
  others = "allow"
  alert "udp_host_sweep" {
    count = 0
  }
}
