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

test "what came just under 60 s before counts" {
  packets {
    count = 29
    every = "1s"
    icmp {
      src     = "10.0.0.30"
      dst     = "192.0.2.80"
      type    = 0
      payload = 64
    }
  }
  packets {
    start = "59999ms"
    icmp {
      src     = "10.0.0.30"
      dst     = "192.0.2.80"
      type    = 0
      payload = 64
    }
  }
  others = "allow"
  alert "icmp_unasked" {
    count = 1
  }
}

test "what came 60 s before no longer counts" {
  packets {
    count = 29
    every = "1s"
    icmp {
      src     = "10.0.0.30"
      dst     = "192.0.2.80"
      type    = 0
      payload = 64
    }
  }
  packets {
    start = "1m"
    icmp {
      src     = "10.0.0.30"
      dst     = "192.0.2.80"
      type    = 0
      payload = 64
    }
  }
  others = "allow"
  alert "icmp_unasked" {
    count = 0
  }
}

test "three replies to a question stay quiet" {
  packets {
    count = 10
    every = "1s"
    icmp {
      src = "198.51.100.7"
      dst = "192.0.2.10"
    }
  }
  packets {
    count = 30
    every = "1s"
    start = "10s"
    icmp {
      src  = "192.0.2.10"
      dst  = "198.51.100.7"
      type = 0
    }
  }
  others = "allow"
  alert "icmp_unasked" {
    count = 0
  }
}

test "one more than three to a question fires" {
  packets {
    count = 10
    every = "1s"
    icmp {
      src = "198.51.100.7"
      dst = "192.0.2.10"
    }
  }
  packets {
    count = 31
    every = "1s"
    start = "10s"
    icmp {
      src  = "192.0.2.10"
      dst  = "198.51.100.7"
      type = 0
    }
  }
  others = "allow"
  alert "icmp_unasked" {
    count = 1
  }
}
