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

test "an answer with one byte more than three questions had fires" {
  packets {
    count = 3
    every = "1s"
    icmp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      type    = 8
      payload = 56
    }
  }
  packets {
    start = "10s"
    icmp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      type    = 0
      payload = 57
    }
  }
  others = "allow"
  alert "icmp_answer_grown" {
    count = 1
  }
}

test "as many bytes, and two questions, stay quiet" {
  packets {
    count = 3
    every = "1s"
    icmp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      type    = 8
      payload = 56
    }
  }
  packets {
    start = "10s"
    icmp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      type    = 0
      payload = 56
    }
  }
  packets {
    count = 2
    every = "1s"
    icmp {
      src     = "192.0.2.3"
      dst     = "192.0.2.10"
      type    = 8
      payload = 56
    }
  }
  packets {
    start = "10s"
    icmp {
      src     = "192.0.2.10"
      dst     = "192.0.2.3"
      type    = 0
      payload = 99
    }
  }
  others = "allow"
  alert "icmp_answer_grown" {
    count = 0
  }
}

test "what was asked just under 60 s before counts" {
  packets {
    icmp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      type    = 8
      payload = 56
    }
  }
  packets {
    count = 2
    every = "1s"
    start = "50s"
    icmp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      type    = 8
      payload = 56
    }
  }
  packets {
    start = "59s"
    icmp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      type    = 0
      payload = 57
    }
  }
  others = "allow"
  alert "icmp_answer_grown" {
    count = 1
  }
}

test "what was asked over 61 s before no longer counts" {
  packets {
    icmp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      type    = 8
      payload = 56
    }
  }
  packets {
    count = 2
    every = "1s"
    start = "50s"
    icmp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      type    = 8
      payload = 56
    }
  }
  packets {
    start = "62s"
    icmp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      type    = 0
      payload = 57
    }
  }
  others = "allow"
  alert "icmp_answer_grown" {
    count = 0
  }
}
