test "the four hundredth SYN of a hundred addresses fires" {
  packets {
    count = 400
    every = "10ms"
    tcp {
      src     = "2001:db8:1:2::${i % 100 + 1}"
      dst     = "2001:db8:ffff::10"
      srcport = 40000
      dstport = 443
      flags   = "S"
    }
  }
  alert "syn_flood_network" {
    count = 1
    key   = { "network(ip.src, 32, 64)" = "2001:db8:1:2::" }
    at    = "3990ms"
  }
}

test "399 SYN stay quiet" {
  packets {
    count = 399
    every = "10ms"
    tcp {
      src     = "2001:db8:1:2::${i % 100 + 1}"
      dst     = "2001:db8:ffff::10"
      srcport = 40000
      dstport = 443
      flags   = "S"
    }
  }
  quiet = true
}

test "networks do not add up" {
  packets {
    count = 900
    every = "5ms"
    tcp {
      src     = "2001:db8:1:${i % 3}::${i % 100 + 1}"
      dst     = "2001:db8:ffff::10"
      srcport = 40000
      dstport = 443
      flags   = "S"
    }
  }
  quiet = true
}

test "two sources are no network" {
  packets {
    count = 450
    every = "10ms"
    tcp {
      src     = "2001:db8:1:2::${i % 2 + 1}"
      dst     = "2001:db8:ffff::10"
      srcport = 40000
      dstport = 443
      flags   = "S"
    }
  }
  alert "syn_flood" {}
  alert "syn_ratio" {}
}

test "what came just under 5 s before counts" {
  packets {
    count = 399
    every = "10ms"
    tcp {
      src     = "2001:db8:1:2::${i % 100 + 1}"
      dst     = "2001:db8:ffff::10"
      srcport = 40000
      dstport = 443
      flags   = "S"
    }
  }
  packets {
    start = "4999ms"
    tcp {
      src     = "2001:db8:1:2::100"
      dst     = "2001:db8:ffff::10"
      srcport = 40000
      dstport = 443
      flags   = "S"
    }
  }
  others = "allow"
  alert "syn_flood_network" {
    count = 1
  }
}

test "what came 5 s before no longer counts" {
  packets {
    count = 399
    every = "10ms"
    tcp {
      src     = "2001:db8:1:2::${i % 100 + 1}"
      dst     = "2001:db8:ffff::10"
      srcport = 40000
      dstport = 443
      flags   = "S"
    }
  }
  packets {
    start = "5s"
    tcp {
      src     = "2001:db8:1:2::100"
      dst     = "2001:db8:ffff::10"
      srcport = 40000
      dstport = 443
      flags   = "S"
    }
  }
  others = "allow"
  alert "syn_flood_network" {
    count = 0
  }
}

test "three addresses of one network fire" {
  packets {
    count = 400
    every = "10ms"
    tcp {
      src     = "2001:db8:7::${1 + i % 3}"
      dst     = "2001:db8::10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  others = "allow"
  alert "syn_flood_network" {
    count = 1
  }
}

test "two addresses are left to syn_flood" {
  packets {
    count = 450
    every = "10ms"
    tcp {
      src     = "2001:db8:7::${1 + i % 2}"
      dst     = "2001:db8::10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  others = "allow"
  alert "syn_flood_network" {
    count = 0
  }
}
