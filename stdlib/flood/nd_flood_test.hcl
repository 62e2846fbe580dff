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
