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
