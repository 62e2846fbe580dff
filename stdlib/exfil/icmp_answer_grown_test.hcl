test "an order to a shell that asks for one with empty pings fires" {
  packets {
    count = 3
    every = "200ms"
    icmp {
      src     = "192.168.1.20"
      dst     = "203.0.113.9"
      payload = 0
    }
  }
  packets {
    count = 3
    start = "1ms"
    every = "200ms"
    icmp {
      src     = "203.0.113.9"
      dst     = "192.168.1.20"
      type    = 0
      payload = i == 2 ? "whoami" : ""
    }
  }
  alert "icmp_answer_grown" {
    count = 1
    key   = { "icmp.type == 8 ? ip.src : ip.dst" = "192.168.1.20", "icmp.type == 8 ? ip.dst : ip.src" = "203.0.113.9" }
    at    = "401ms"
  }
}

test "answers that return what was sent, or less, stay quiet" {
  packets {
    count = 60
    every = "200ms"
    icmp {
      src     = "192.168.1.20"
      dst     = "203.0.113.9"
      payload = 56 + i
    }
  }
  packets {
    count = 60
    start = "1ms"
    every = "200ms"
    icmp {
      src     = "203.0.113.9"
      dst     = "192.168.1.20"
      type    = 0
      payload = min(56 + i, 64)
    }
  }
  alert "icmp_answer_grown" {
    count = 0
  }
  others = "allow"
}

test "answers whose questions were not seen stay quiet" {
  packets {
    count = 2
    every = "200ms"
    icmp {
      src     = "192.168.1.20"
      dst     = "203.0.113.9"
      payload = 16
    }
  }
  packets {
    count = 20
    start = "1ms"
    every = "200ms"
    icmp {
      src     = "203.0.113.9"
      dst     = "192.168.1.20"
      type    = 0
      payload = 1000
    }
  }
  quiet = true
}
