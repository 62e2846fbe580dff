test "the fiftieth client fires" {
  packets {
    count = 50
    every = "1s"
    dhcp {
      mac = format("02:00:00:00:00:%02x", i)
    }
  }
  alert "dhcp_starvation" {
    count = 1
    at    = "49s"
  }
}

test "49 clients that look, and more that ask for what they had, stay quiet" {
  packets {
    count = 49
    every = "500ms"
    dhcp {
      mac = format("02:00:00:00:00:%02x", i)
    }
  }
  packets {
    count = 200
    every = "100ms"
    dhcp {
      type = "request"
      mac  = format("02:00:00:00:01:%02x", i)
    }
  }
  quiet = true
}

test "a recording of the lab" {
  pcap   = "../../testdata/pcap/yersinia-dhcp.pcap.gz"
  others = "allow"
  alert "dhcp_starvation" {
    count = 1
  }
}

test "what came just under 60 s before counts" {
  packets {
    count = 49
    every = "10ms"
    dhcp {
      src_mac = "02:00:00:00:01:66"
      type    = "discover"
      mac     = "02:00:00:00:03:${format("%02x", i + 0)}"
    }
  }
  packets {
    start = "59s"
    dhcp {
      src_mac = "02:00:00:00:01:66"
      type    = "discover"
      mac     = "02:00:00:00:03:${format("%02x", i + 100)}"
    }
  }
  others = "allow"
  alert "dhcp_starvation" {
    count = 1
  }
}

test "what came over 62 s before no longer counts" {
  packets {
    count = 49
    every = "10ms"
    dhcp {
      src_mac = "02:00:00:00:01:66"
      type    = "discover"
      mac     = "02:00:00:00:03:${format("%02x", i + 0)}"
    }
  }
  packets {
    start = "62s"
    dhcp {
      src_mac = "02:00:00:00:01:66"
      type    = "discover"
      mac     = "02:00:00:00:03:${format("%02x", i + 100)}"
    }
  }
  others = "allow"
  alert "dhcp_starvation" {
    count = 0
  }
}

test "60 clients that each ask twice, since nobody answers, stay quiet" {
  packets {
    count = 120
    every = "400ms"
    dhcp {
      mac = format("02:00:00:00:00:%02x", floor(i / 2))
    }
  }
  alert "dhcp_starvation" { count = 0 }
  others = "allow"
}

test "50 clients, of which 12 ask twice, fire, and with 13 stay quiet" {
  packets {
    count = 12
    every = "100ms"
    dhcp {
      mac = format("02:00:00:00:00:%02x", i)
    }
  }
  packets {
    count = 50
    start = "10s"
    every = "100ms"
    dhcp {
      mac = format("02:00:00:00:00:%02x", i)
    }
  }
  packets {
    count = 13
    start = "200s"
    every = "100ms"
    dhcp {
      mac = format("02:00:00:00:01:%02x", i)
    }
  }
  packets {
    count = 50
    start = "210s"
    every = "100ms"
    dhcp {
      mac = format("02:00:00:00:01:%02x", i)
    }
  }
  alert "dhcp_starvation" {
    count = 1
    at    = "14.9s"
  }
  others = "allow"
}

test "200 clients fire however often they ask" {
  packets {
    count = 400
    every = "100ms"
    dhcp {
      mac = format("02:00:00:00:00:%02x", floor(i / 2))
    }
  }
  alert "dhcp_starvation" {
    count = 1
    at    = "39.8s"
  }
  others = "allow"
}
