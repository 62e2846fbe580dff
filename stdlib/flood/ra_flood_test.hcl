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

test "what came just under 30 s before counts" {
  packets {
    count = 4
    every = "1s"
    icmp {
      src  = "fe80::${1 + i}"
      dst  = "ff02::1"
      type = 134
    }
  }
  packets {
    start = "29999ms"
    icmp {
      src  = "fe80::5"
      dst  = "ff02::1"
      type = 134
    }
  }
  others = "allow"
  alert "ra_flood" {
    count = 1
  }
}

test "what came 30 s before no longer counts" {
  packets {
    count = 4
    every = "1s"
    icmp {
      src  = "fe80::${1 + i}"
      dst  = "ff02::1"
      type = 134
    }
  }
  packets {
    start = "30s"
    icmp {
      src  = "fe80::5"
      dst  = "ff02::1"
      type = 134
    }
  }
  others = "allow"
  alert "ra_flood" {
    count = 0
  }
}
