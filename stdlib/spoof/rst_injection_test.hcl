test "the twentieth number fires" {
  packets {
    count = 20
    every = "10ms"
    tcp {
      src     = "192.0.2.80"
      dst     = "10.0.0.30"
      srcport = 22
      dstport = 40000
      flags   = "R"
      seq     = 1000 + i * 8192
    }
  }
  alert "rst_injection" {
    count = 1
    key   = { "ip.src" = "192.0.2.80", "ip.dst" = "10.0.0.30" }
    at    = "190ms"
  }
}

test "nineteen numbers, and one number often, stay quiet" {
  packets {
    count = 19
    every = "10ms"
    tcp {
      src     = "192.0.2.80"
      dst     = "10.0.0.30"
      srcport = 22
      dstport = 40000
      flags   = "R"
      seq     = 1000 + i * 8192
    }
  }
  packets {
    count = 100
    every = "10ms"
    tcp {
      src     = "192.0.2.80"
      dst     = "10.0.0.30"
      srcport = 22
      dstport = 40001
      flags   = "R"
      seq     = 1000
    }
  }
  quiet = true
}

test "what came just under 5 s before counts" {
  packets {
    count = 19
    every = "10ms"
    tcp {
      src     = "192.0.2.80"
      dst     = "10.0.0.30"
      srcport = 22
      dstport = 40000
      flags   = "R"
      seq     = 1000 + i * 8192
    }
  }
  packets {
    start = "4999ms"
    tcp {
      src     = "192.0.2.80"
      dst     = "10.0.0.30"
      srcport = 22
      dstport = 40000
      flags   = "R"
      seq     = 156648
    }
  }
  others = "allow"
  alert "rst_injection" {
    count = 1
  }
}

test "what came 5 s before no longer counts" {
  packets {
    count = 19
    every = "10ms"
    tcp {
      src     = "192.0.2.80"
      dst     = "10.0.0.30"
      srcport = 22
      dstport = 40000
      flags   = "R"
      seq     = 1000 + i * 8192
    }
  }
  packets {
    start = "5s"
    tcp {
      src     = "192.0.2.80"
      dst     = "10.0.0.30"
      srcport = 22
      dstport = 40000
      flags   = "R"
      seq     = 156648
    }
  }
  others = "allow"
  alert "rst_injection" {
    count = 0
  }
}
