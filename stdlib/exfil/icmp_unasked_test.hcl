test "the thirtieth reply that nobody asked for fires" {
  packets {
    count = 30
    every = "1s"
    icmp {
      src     = "10.0.0.30"
      dst     = "192.0.2.80"
      type    = 0
      payload = 64
    }
  }
  alert "icmp_unasked" {
    count = 1
    at    = "29s"
  }
}

test "29 replies, and replies to questions, stay quiet" {
  packets {
    count = 29
    every = "1s"
    icmp {
      src  = "10.0.0.30"
      dst  = "192.0.2.80"
      type = 0
    }
  }
  packets {
    count = 60
    every = "1s"
    icmp {
      src = "10.0.0.31"
      dst = "192.0.2.80"
    }
  }
  packets {
    start = "20ms"
    count = 60
    every = "1s"
    icmp {
      src  = "192.0.2.80"
      dst  = "10.0.0.31"
      type = 0
    }
  }
  alert "icmp_unasked" {
    count = 0
  }
}
