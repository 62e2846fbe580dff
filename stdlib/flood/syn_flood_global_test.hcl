test "the thousandth SYN of fifty sources fires" {
  packets {
    count = 1000
    every = "4ms"
    tcp {
      src     = "203.0.113.${i % 50 + 1}"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  alert "syn_flood_global" {
    count = 1
    key   = {}
    at    = "3996ms"
  }
}

test "999 SYN stay quiet" {
  packets {
    count = 999
    every = "4ms"
    tcp {
      src     = "203.0.113.${i % 50 + 1}"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  quiet = true
}

test "49 sources stay quiet" {
  packets {
    count = 1200
    every = "4ms"
    tcp {
      src     = "203.0.113.${i % 49 + 1}"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  quiet = true
}

test "the fiftieth source fires when it comes last" {
  packets {
    count = 1000
    every = "4ms"
    tcp {
      src     = "203.0.113.${i % 40 + 1}"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    count = 10
    start = "4s"
    every = "10ms"
    tcp {
      src     = "198.51.100.${i + 1}"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  alert "syn_flood_global" {
    count = 1
    at    = "4090ms"
  }
}

test "a SYN exactly 5 s ago no longer counts" {
  packets {
    count = 999
    every = "4ms"
    tcp {
      src     = "203.0.113.${i % 50 + 1}"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    start = "5s"
    tcp {
      src     = "203.0.113.1"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  quiet = true
}

test "a SYN just under 5 s ago counts" {
  packets {
    count = 999
    every = "4ms"
    tcp {
      src     = "203.0.113.${i % 50 + 1}"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    start = "4999ms"
    tcp {
      src     = "203.0.113.1"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  alert "syn_flood_global" {
    count = 1
    at    = "4999ms"
  }
}

test "IPv6, each source once" {
  packets {
    count = 1000
    every = "4ms"
    tcp {
      src     = "2001:db8:${i + 1}::1"
      dst     = "2001:db8::10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  alert "syn_flood_global" {
    count = 1
    at    = "3996ms"
  }
}

test "the answers of a busy server stay quiet" {
  packets {
    count = 2000
    every = "2ms"
    tcp {
      src     = "192.0.2.10"
      dst     = "203.0.113.${i % 200 + 1}"
      srcport = 443
      dstport = 40000 + i % 10
      flags   = "SA"
    }
  }
  quiet = true
}

test "hping3 -S --rand-source" {
  pcap = "../../testdata/pcap/hping3-syn-flood-spoofed.pcap.gz"
  alert "syn_flood_global" {
    key = {}
  }
  alert "syn_flood_crafted" {}
}

test "24 addresses in turn" {
  pcap = "../../testdata/pcap/nc-distributed-ssh.pcap"
  alert "distributed_brute_force" {}
  alert "syn_flood_global" {
    count = 0
  }
}

test "1500 connections of 300 clients to 100 servers, as on the link of a provider, stay quiet" {
  packets {
    count = 1500
    every = "1ms"
    tcp {
      src     = "198.51.${i % 300 > 255 ? 101 : 100}.${i % 256}"
      dst     = "203.0.113.${i % 100 + 1}"
      srcport = 40000 + i
      dstport = 443
      flags   = "S"
    }
  }
  alert "syn_flood_global" { count = 0 }
  others = "allow"
}

test "as many of a botnet to one server and 49 others fire" {
  packets {
    count = 1500
    every = "1ms"
    tcp {
      src     = "198.51.${i % 300 > 255 ? 101 : 100}.${i % 256}"
      dst     = "203.0.113.${i % 10 == 0 ? i % 490 / 10 + 2 : 1}"
      srcport = 40000 + i
      dstport = 443
      flags   = "S"
    }
  }
  alert "syn_flood_global" { min = 1 }
  others = "allow"
}

test "5000 SYN to 249 hosts of a network fire" {
  packets {
    count = 5000
    every = "900us"
    tcp {
      src     = "198.51.100.${i % 200}"
      dst     = "203.0.113.${i % 249 + 1}"
      srcport = 1024 + i
      dstport = 443
      flags   = "S"
    }
  }
  alert "syn_flood_global" { min = 1 }
  others = "allow"
}

test "one fewer, and 5000 to 250 hosts, stay quiet" {
  packets {
    count = 4999
    every = "900us"
    tcp {
      src     = "198.51.100.${i % 200}"
      dst     = "203.0.113.${i % 249 + 1}"
      srcport = 1024 + i
      dstport = 443
      flags   = "S"
    }
  }
  packets {
    count = 5000
    start = "10s"
    every = "900us"
    tcp {
      src     = "198.51.100.${i % 200}"
      dst     = "203.0.113.${i % 250 + 1}"
      srcport = 1024 + i
      dstport = 443
      flags   = "S"
    }
  }
  alert "syn_flood_global" { count = 0 }
  others = "allow"
}
