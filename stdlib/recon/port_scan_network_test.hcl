test "the thirtieth port from a source of its own each fires" {
  packets {
    count = 30
    every = "100ms"
    tcp {
      src     = "2001:db8:1:2::${i + 1}"
      dst     = "2001:db8:ffff::10"
      srcport = 40000
      dstport = 1000 + i
      flags   = "S"
    }
  }
  alert "port_scan_network" {
    count = 1
    key   = { "network(ip.src, 32, 64)" = "2001:db8:1:2::" }
    at    = "2900ms"
  }
}

test "29 ports stay quiet" {
  packets {
    count = 29
    every = "100ms"
    tcp {
      src     = "2001:db8:1:2::${i + 1}"
      dst     = "2001:db8:ffff::10"
      srcport = 40000
      dstport = 1000 + i
      flags   = "S"
    }
  }
  quiet = true
}

test "two sources stay quiet" {
  packets {
    count = 28
    every = "100ms"
    tcp {
      src     = "2001:db8:1:2::${i % 2 + 1}"
      dst     = "2001:db8:ffff::10"
      srcport = 40000
      dstport = 1000 + i
      flags   = "S"
    }
  }
  quiet = true
}

test "three sources share the ports" {
  packets {
    count = 36
    every = "100ms"
    tcp {
      src     = "2001:db8:1:2::${i % 3 + 1}"
      dst     = "2001:db8:ffff::10"
      srcport = 40000
      dstport = 1000 + i
      flags   = "S"
    }
  }
  alert "port_scan_network" {
    count = 1
    at    = "2900ms"
  }
}

test "networks do not add up" {
  packets {
    count = 60
    every = "100ms"
    tcp {
      src     = "2001:db8:1:${i % 4}::${i + 1}"
      dst     = "2001:db8:ffff::10"
      srcport = 40000
      dstport = 1000 + i
      flags   = "S"
    }
  }
  quiet = true
}

test "one source alone is port_scan" {
  packets {
    count = 60
    every = "50ms"
    tcp {
      src     = "2001:db8:1:2::1"
      dst     = "2001:db8:ffff::10"
      srcport = 40000
      dstport = 1000 + i
      flags   = "S"
    }
  }
  alert "port_scan" {}
  alert "syn_ratio" {}
}

test "IPv4 stays quiet" {
  packets {
    count = 60
    every = "100ms"
    tcp {
      src     = "203.0.113.${i + 1}"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 1000 + i
      flags   = "S"
    }
  }
  quiet = true
}

test "what came just under 10 s before counts" {
  packets {
    count = 29
    every = "100ms"
    tcp {
      src     = "2001:db8:1:2::${i + 1}"
      dst     = "2001:db8:ffff::10"
      srcport = 40000
      dstport = 1000 + i
      flags   = "S"
    }
  }
  packets {
    start = "9999ms"
    tcp {
      src     = "2001:db8:1:2::30"
      dst     = "2001:db8:ffff::10"
      srcport = 40000
      dstport = 1029
      flags   = "S"
    }
  }
  others = "allow"
  alert "port_scan_network" {
    count = 1
  }
}

test "what came 10 s before no longer counts" {
  packets {
    count = 29
    every = "100ms"
    tcp {
      src     = "2001:db8:1:2::${i + 1}"
      dst     = "2001:db8:ffff::10"
      srcport = 40000
      dstport = 1000 + i
      flags   = "S"
    }
  }
  packets {
    start = "10s"
    tcp {
      src     = "2001:db8:1:2::30"
      dst     = "2001:db8:ffff::10"
      srcport = 40000
      dstport = 1029
      flags   = "S"
    }
  }
  others = "allow"
  alert "port_scan_network" {
    count = 0
  }
}

test "three addresses fire" {
  packets {
    count = 30
    every = "100ms"
    tcp {
      src     = "2001:db8:7::${1 + i % 3}"
      dst     = "2001:db8::10"
      srcport = 40000 + i
      dstport = 1000 + i
      flags   = "S"
    }
  }
  others = "allow"
  alert "port_scan_network" {
    count = 1
  }
}

test "two addresses are left to port_scan" {
  packets {
    count = 30
    every = "100ms"
    tcp {
      src     = "2001:db8:7::${1 + i % 2}"
      dst     = "2001:db8::10"
      srcport = 40000 + i
      dstport = 1000 + i
      flags   = "S"
    }
  }
  others = "allow"
  alert "port_scan_network" {
    count = 0
  }
}
