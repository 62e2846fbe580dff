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
