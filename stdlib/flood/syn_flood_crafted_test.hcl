test "the thirtieth SYN fires" {
  packets {
    count = 30
    every = "300ms"
    tcp {
      src     = "203.0.113.${1 + i}"
      dst     = "10.0.0.10"
      srcport = 1024 + i
      dstport = 80
      flags   = "S"
      window  = 512
      id      = 7 + i
    }
  }
  others = "allow"
  alert "syn_flood_crafted" {
    count = 1
    key   = { "ip.dst" = "10.0.0.10" }
    at    = "8.7s"
  }
}

test "29 stay quiet" {
  packets {
    count = 29
    every = "300ms"
    tcp {
      src     = "203.0.113.${1 + i}"
      dst     = "10.0.0.10"
      srcport = 1024 + i
      dstport = 80
      flags   = "S"
      window  = 512
      id      = 7 + i
    }
  }
  others = "allow"
  alert "syn_flood_crafted" {
    count = 0
  }
}

test "one SYN that is sent again stays quiet" {
  packets {
    count = 60
    every = "100ms"
    tcp {
      src     = "198.51.100.8"
      dst     = "10.0.0.10"
      srcport = 1024
      dstport = 80
      flags   = "S"
      window  = 512
      id      = 7 + i
    }
  }
  others = "allow"
  alert "syn_flood_crafted" {
    count = 0
  }
}

test "a recording of the lab" {
  pcap   = "../../testdata/pcap/hping3-syn-flood.pcap"
  others = "allow"
  alert "syn_flood_crafted" {
    count = 1
    key   = { "ip.dst" = "10.0.0.10" }
  }
}
