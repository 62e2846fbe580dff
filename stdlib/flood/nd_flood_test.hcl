test "the two hundredth address fires" {
  packets {
    count = 200
    every = "10ms"
    icmp {
      src  = "fe80::${1 + i}"
      dst  = "ff02::1"
      type = 136
    }
  }
  alert "nd_flood" {
    count = 1
    at    = "1990ms"
  }
}

test "199 addresses stay quiet" {
  packets {
    count = 400
    every = "10ms"
    icmp {
      src  = "fe80::${1 + i % 199}"
      dst  = "ff02::1"
      type = 135
    }
  }
  quiet = true
}

test "a recording of the lab" {
  pcap   = "../../testdata/pcap/flood-neighbors.pcap"
  others = "allow"
  alert "nd_flood" {
    count = 1
  }
}

test "what came just under 5 s before counts" {
  packets {
    count = 199
    every = "10ms"
    icmp {
      src  = "fe80::${1 + i}"
      dst  = "ff02::1"
      type = 136
    }
  }
  packets {
    start = "4999ms"
    icmp {
      src  = "fe80::200"
      dst  = "ff02::1"
      type = 136
    }
  }
  others = "allow"
  alert "nd_flood" {
    count = 1
  }
}

test "what came 5 s before no longer counts" {
  packets {
    count = 199
    every = "10ms"
    icmp {
      src  = "fe80::${1 + i}"
      dst  = "ff02::1"
      type = 136
    }
  }
  packets {
    start = "5s"
    icmp {
      src  = "fe80::200"
      dst  = "ff02::1"
      type = 136
    }
  }
  others = "allow"
  alert "nd_flood" {
    count = 0
  }
}

test "solicitations and advertisements count" {
  packets {
    count = 200
    every = "10ms"
    icmp {
      src     = "fe80::${1 + i}"
      dst     = "ff02::1"
      type    = i % 2 == 0 ? 135 : 136
      payload = 16
    }
  }
  others = "allow"
  alert "nd_flood" {
    count = 1
  }
}

test "other messages of ICMPv6 stay quiet" {
  packets {
    count = 300
    every = "10ms"
    icmp {
      src     = "fe80::${1 + i}"
      dst     = "ff02::1"
      type    = i % 2 == 0 ? 134 : 137
      payload = 40
    }
  }
  others = "allow"
  alert "nd_flood" {
    count = 0
  }
}
