test "the fifth router fires" {
  packets {
    count = 5
    every = "1s"
    icmp {
      src  = "fe80::${1 + i}"
      dst  = "ff02::1"
      type = 134
    }
  }
  alert "ra_flood" {
    count = 1
    at    = "4s"
  }
}

test "four routers stay quiet" {
  packets {
    count = 40
    every = "100ms"
    icmp {
      src  = "fe80::${1 + i % 4}"
      dst  = "ff02::1"
      type = 134
    }
  }
  quiet = true
}

test "a recording of the lab" {
  pcap   = "../../testdata/pcap/flood-routers.pcap"
  others = "allow"
  alert "ra_flood" {
    count = 1
  }
}
