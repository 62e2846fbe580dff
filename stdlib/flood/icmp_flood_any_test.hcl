test "the thousandth packet fires, of whichever source" {
  packets {
    count = 1000
    every = "4ms"
    icmp {
      src  = "198.51.100.${1 + i % 200}"
      dst  = "192.0.2.10"
      type = 3
      code = 3
    }
  }
  alert "icmp_flood_any" {
    count = 1
    key   = { "ip.dst" = "192.0.2.10" }
    at    = "3996ms"
  }
}

test "999 packets stay quiet" {
  packets {
    count = 999
    every = "4ms"
    icmp {
      src  = "198.51.100.${1 + i % 200}"
      dst  = "192.0.2.10"
      type = 3
    }
  }
  quiet = true
}

test "a recording of the lab" {
  pcap = "../../testdata/pcap/hping3-icmp-flood-spoofed.pcap.gz"
  alert "icmp_flood_any" {
    count = 1
    key   = { "ip.dst" = "10.0.0.10" }
  }
}
