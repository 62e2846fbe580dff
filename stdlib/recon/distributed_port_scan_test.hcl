test "the thirtieth port fires" {
  packets {
    count = 30
    every = "1s"
    tcp {
      src     = cidrhost("198.51.100.0/24", 101 + i % 10)
      dst     = "10.0.0.20"
      srcport = 40000 + i
      dstport = 400 + i
    }
  }
  alert "distributed_port_scan" {
    count = 1
    key   = { "ip.dst" = "10.0.0.20" }
    at    = "29s"
  }
}

test "29 ports, and 30 of nine sources, stay quiet" {
  packets {
    count = 29
    every = "1s"
    tcp {
      src     = cidrhost("198.51.100.0/24", 101 + i % 20)
      dst     = "10.0.0.20"
      srcport = 40000 + i
      dstport = 400 + i
    }
  }
  packets {
    count = 30
    every = "1s"
    tcp {
      src     = cidrhost("198.51.100.0/24", 101 + i % 9)
      dst     = "10.0.0.21"
      srcport = 40000 + i
      dstport = 400 + i
    }
  }
  quiet = true
}

test "what came just under 60 s before counts" {
  packets {
    count = 29
    every = "1s"
    tcp {
      src     = cidrhost("198.51.100.0/24", 101 + i % 10)
      dst     = "10.0.0.20"
      srcport = 40000 + i
      dstport = 400 + i
    }
  }
  packets {
    start = "59999ms"
    tcp {
      src     = cidrhost("198.51.100.0/24", 101 + i % 10)
      dst     = "10.0.0.20"
      srcport = 40029
      dstport = 429
    }
  }
  others = "allow"
  alert "distributed_port_scan" {
    count = 1
  }
}

test "what came 60 s before no longer counts" {
  packets {
    count = 29
    every = "1s"
    tcp {
      src     = cidrhost("198.51.100.0/24", 101 + i % 10)
      dst     = "10.0.0.20"
      srcport = 40000 + i
      dstport = 400 + i
    }
  }
  packets {
    start = "1m"
    tcp {
      src     = cidrhost("198.51.100.0/24", 101 + i % 10)
      dst     = "10.0.0.20"
      srcport = 40029
      dstport = 429
    }
  }
  others = "allow"
  alert "distributed_port_scan" {
    count = 0
  }
}

test "ports from 1024 on do not count" {
  packets {
    count = 31
    every = "1s"
    tcp {
      src     = "198.51.100.${1 + i}"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 994 + i
      flags   = "S"
    }
  }
  others = "allow"
  alert "distributed_port_scan" {
    count = 1
  }
}

test "with 29 below 1024 it stays quiet" {
  packets {
    count = 31
    every = "1s"
    tcp {
      src     = "198.51.100.${1 + i}"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 995 + i
      flags   = "S"
    }
  }
  others = "allow"
  alert "distributed_port_scan" {
    count = 0
  }
}
