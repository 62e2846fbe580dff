test "the tenth redirect fires" {
  packets {
    count = 10
    every = "5s"
    icmp {
      src  = "10.0.0.1"
      dst  = "10.0.0.30"
      type = 5
      code = 1
    }
  }
  alert "icmp_redirects" {
    count = 1
    key   = { "ip.src" = "10.0.0.1", "ip.dst" = "10.0.0.30" }
    at    = "45s"
  }
}

test "nine redirects stay quiet" {
  packets {
    count = 9
    every = "5s"
    icmp {
      src  = "10.0.0.1"
      dst  = "10.0.0.30"
      type = 5
      code = 1
    }
  }
  quiet = true
}

test "what came just under 60 s before counts" {
  packets {
    count = 9
    every = "5s"
    icmp {
      src  = "10.0.0.1"
      dst  = "10.0.0.30"
      type = 5
      code = 1
    }
  }
  packets {
    start = "59999ms"
    icmp {
      src  = "10.0.0.1"
      dst  = "10.0.0.30"
      type = 5
      code = 1
    }
  }
  others = "allow"
  alert "icmp_redirects" {
    count = 1
  }
}

test "what came 60 s before no longer counts" {
  packets {
    count = 9
    every = "5s"
    icmp {
      src  = "10.0.0.1"
      dst  = "10.0.0.30"
      type = 5
      code = 1
    }
  }
  packets {
    start = "1m"
    icmp {
      src  = "10.0.0.1"
      dst  = "10.0.0.30"
      type = 5
      code = 1
    }
  }
  others = "allow"
  alert "icmp_redirects" {
    count = 0
  }
}

test "ICMPv6 redirects fire" {
  packets {
    count = 10
    every = "1s"
    icmp {
      src  = "fe80::1"
      dst  = "fe80::30"
      type = 137
    }
  }
  others = "allow"
  alert "icmp_redirects" {
    count = 1
  }
}

test "other types stay quiet" {
  packets {
    count = 20
    every = "1s"
    icmp {
      src  = "fe80::1"
      dst  = "fe80::30"
      type = 136
    }
  }
  packets {
    count = 20
    every = "1s"
    icmp {
      src  = "fe80::1"
      dst  = "fe80::30"
      type = 138
    }
  }
  packets {
    count = 20
    every = "1s"
    icmp {
      src  = "10.0.0.1"
      dst  = "10.0.0.30"
      type = 4
    }
  }
  packets {
    count = 20
    every = "1s"
    icmp {
      src  = "10.0.0.1"
      dst  = "10.0.0.30"
      type = 6
    }
  }
  others = "allow"
  alert "icmp_redirects" {
    count = 0
  }
}
