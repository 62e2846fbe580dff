test "the fiftieth client fires" {
  packets {
    count = 50
    every = "1s"
    udp {
      src         = "fe80::66"
      dst         = "ff02::1:2"
      srcport     = 546
      dstport     = 547
      payload_hex = "01${format("%06x", i)}0001000a00030001${format("%012x", 2199023255552 + i)}"
    }
  }
  alert "dhcpv6_starvation" {
    count = 1
    at    = "49s"
  }
}

test "49 clients that ask again and again stay quiet" {
  packets {
    count = 196
    every = "300ms"
    udp {
      src         = "fe80::${1 + i % 49}"
      dst         = "ff02::1:2"
      srcport     = 546
      dstport     = 547
      payload_hex = "01${format("%06x", i)}0001000a00030001${format("%012x", 2199023255552 + i % 49)}"
    }
  }
  alert "dhcpv6_starvation" {
    count = 0
  }
}

test "what clients ask for next, and what servers say, stay quiet" {
  packets {
    count = 400
    every = "100ms"
    udp {
      src         = "fe80::${1 + i % 200}"
      dst         = "ff02::1:2"
      srcport     = 546
      dstport     = 547
      payload_hex = "${i % 2 == 0 ? "03" : "05"}${format("%06x", i)}0001000a00030001${format("%012x", 2199023255552 + i)}"
    }
  }
  alert "dhcpv6_starvation" {
    count = 0
  }
}

test "what came just under 60 s before counts" {
  packets {
    count = 49
    every = "1s"
    udp {
      src         = "fe80::66"
      dst         = "ff02::1:2"
      srcport     = 546
      dstport     = 547
      payload_hex = "01${format("%06x", i)}0001000a00030001${format("%012x", 2199023255552 + i)}"
    }
  }
  packets {
    start = "59999ms"
    udp {
      src         = "fe80::66"
      dst         = "ff02::1:2"
      srcport     = 546
      dstport     = 547
      payload_hex = "01${format("%06x", 49)}0001000a00030001${format("%012x", 2199023255552 + 49)}"
    }
  }
  others = "allow"
  alert "dhcpv6_starvation" {
    count = 1
  }
}

test "what came 60 s before no longer counts" {
  packets {
    count = 49
    every = "1s"
    udp {
      src         = "fe80::66"
      dst         = "ff02::1:2"
      srcport     = 546
      dstport     = 547
      payload_hex = "01${format("%06x", i)}0001000a00030001${format("%012x", 2199023255552 + i)}"
    }
  }
  packets {
    start = "1m"
    udp {
      src         = "fe80::66"
      dst         = "ff02::1:2"
      srcport     = 546
      dstport     = 547
      payload_hex = "01${format("%06x", 49)}0001000a00030001${format("%012x", 2199023255552 + 49)}"
    }
  }
  others = "allow"
  alert "dhcpv6_starvation" {
    count = 0
  }
}

test "clients that differ in the first of 16 bytes are different" {
  packets {
    count = 50
    every = "100ms"
    udp {
      src         = "fe80::66"
      dst         = "ff02::1:2"
      srcport     = 546
      dstport     = 547
      payload_hex = "010000010001000e${format("%02x", i)}${repeat("00", 15)}00"
    }
  }
  others = "allow"
  alert "dhcpv6_starvation" {
    count = 1
  }
}

test "clients that differ in the last of 16 bytes are different" {
  packets {
    count = 50
    every = "100ms"
    udp {
      src         = "fe80::66"
      dst         = "ff02::1:2"
      srcport     = 546
      dstport     = 547
      payload_hex = "010000010001000e${repeat("00", 15)}${format("%02x", i)}00"
    }
  }
  others = "allow"
  alert "dhcpv6_starvation" {
    count = 1
  }
}

test "what differs before and behind is one client, and other messages stay quiet" {
  packets {
    count = 60
    every = "100ms"
    udp {
      src         = "fe80::66"
      dst         = "ff02::1:2"
      srcport     = 546
      dstport     = 547
      payload_hex = "01000001000100${format("%02x", i)}${repeat("00", 16)}00"
    }
  }
  packets {
    count = 60
    every = "100ms"
    udp {
      src         = "fe80::66"
      dst         = "ff02::1:2"
      srcport     = 546
      dstport     = 547
      payload_hex = "010000010001000e${repeat("00", 16)}${format("%02x", i)}"
    }
  }
  packets {
    count = 60
    every = "100ms"
    udp {
      src         = "fe80::66"
      dst         = "ff02::1:2"
      srcport     = 546
      dstport     = 547
      payload_hex = "030000010001000e${format("%02x", i)}${repeat("00", 15)}00"
    }
  }
  packets {
    count = 60
    every = "100ms"
    udp {
      src         = "fe80::66"
      dst         = "ff02::1:2"
      srcport     = 546
      dstport     = 546
      payload_hex = "010000010001000e${format("%02x", i)}${repeat("00", 15)}00"
    }
  }
  others = "allow"
  alert "dhcpv6_starvation" {
    count = 0
  }
}

test "sixty hosts of a network without a server stay quiet" {
  packets {
    count = 60
    every = "800ms"
    udp {
      src         = "fe80::${100 + i}"
      dst         = "ff02::1:2"
      srcport     = 546
      dstport     = 547
      payload_hex = "01${format("%06x", i)}0001000a00030001${format("%012x", 2199023255552 + i)}"
    }
  }
  alert "dhcpv6_starvation" {
    count = 0
  }
}

test "sixty that are made up with addresses of their own fire, since they come fast" {
  packets {
    count = 60
    every = "20ms"
    udp {
      src         = "fe80::${100 + i}"
      dst         = "ff02::1:2"
      srcport     = 546
      dstport     = 547
      payload_hex = "01${format("%06x", i)}0001000a00030001${format("%012x", 2199023255552 + i)}"
    }
  }
  alert "dhcpv6_starvation" {
    count = 1
  }
}
