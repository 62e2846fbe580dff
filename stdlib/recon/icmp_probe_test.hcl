test "the second type of question fires" {
  packets {
    count = 3
    every = "10s"
    icmp {
      src  = "10.0.0.29"
      dst  = "10.0.0.2"
      type = [13, 13, 17][i]
      code = 0
    }
  }
  alert "icmp_probe" {
    count = 1
    key   = { "ip.src" = "10.0.0.29", "ip.dst" = "10.0.0.2" }
    at    = "20s"
  }
}

test "timestamps and pings stay quiet, however many" {
  packets {
    count = 40
    every = "1s"
    icmp {
      src  = "10.0.0.29"
      dst  = "10.0.0.2"
      type = i % 2 == 0 ? 13 : 8
      code = 0
    }
  }
  quiet = true
}

test "one type for each of two hosts stays quiet" {
  packets {
    count = 1
    every = "1s"
    icmp {
      src  = "10.0.0.29"
      dst  = "10.0.0.2"
      type = 13
      code = 0
    }
  }
  packets {
    count = 1
    every = "1s"
    start = "1s"
    icmp {
      src  = "10.0.0.29"
      dst  = "10.0.0.3"
      type = 17
      code = 0
    }
  }
  quiet = true
}

test "the second type after a minute stays quiet" {
  packets {
    count = 2
    every = "61s"
    icmp {
      src  = "10.0.0.29"
      dst  = "10.0.0.2"
      type = [13, 15][i]
      code = 0
    }
  }
  quiet = true
}

test "an information request counts" {
  packets {
    icmp {
      src  = "198.51.100.7"
      dst  = "192.0.2.10"
      type = 15
    }
  }
  packets {
    start = "1s"
    icmp {
      src  = "198.51.100.7"
      dst  = "192.0.2.10"
      type = 13
    }
  }
  others = "allow"
  alert "icmp_probe" {
    count = 1
  }
}

test "other types and one alone stay quiet" {
  packets {
    count = 20
    every = "1s"
    icmp {
      src  = "198.51.100.7"
      dst  = "192.0.2.10"
      type = i % 2 == 0 ? 12 : 14
    }
  }
  packets {
    count = 20
    every = "1s"
    icmp {
      src  = "198.51.100.7"
      dst  = "192.0.2.10"
      type = i % 2 == 0 ? 16 : 18
    }
  }
  packets {
    count = 20
    every = "1s"
    icmp {
      src  = "198.51.100.7"
      dst  = "192.0.2.10"
      type = 17
    }
  }
  others = "allow"
  alert "icmp_probe" {
    count = 0
  }
}

test "what came just under 60 s before counts" {
  packets {
    icmp {
      src  = "198.51.100.7"
      dst  = "192.0.2.10"
      type = 13
    }
  }
  packets {
    start = "59s"
    icmp {
      src  = "198.51.100.7"
      dst  = "192.0.2.10"
      type = 17
    }
  }
  others = "allow"
  alert "icmp_probe" {
    count = 1
  }
}

test "what came over 61 s before no longer counts" {
  packets {
    icmp {
      src  = "198.51.100.7"
      dst  = "192.0.2.10"
      type = 13
    }
  }
  packets {
    start = "62s"
    icmp {
      src  = "198.51.100.7"
      dst  = "192.0.2.10"
      type = 17
    }
  }
  others = "allow"
  alert "icmp_probe" {
    count = 0
  }
}
