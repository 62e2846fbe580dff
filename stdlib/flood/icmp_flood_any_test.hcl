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

test "what came just under 5 s before counts" {
  packets {
    count = 999
    every = "4ms"
    icmp {
      src  = "198.51.100.${1 + i % 200}"
      dst  = "192.0.2.10"
      type = 3
      code = 3
    }
  }
  packets {
    start = "4999ms"
    icmp {
      src  = "198.51.100.200"
      dst  = "192.0.2.10"
      type = 3
      code = 3
    }
  }
  others = "allow"
  alert "icmp_flood_any" {
    count = 1
  }
}

test "what came 5 s before no longer counts" {
  packets {
    count = 999
    every = "4ms"
    icmp {
      src  = "198.51.100.${1 + i % 200}"
      dst  = "192.0.2.10"
      type = 3
      code = 3
    }
  }
  packets {
    start = "5s"
    icmp {
      src  = "198.51.100.200"
      dst  = "192.0.2.10"
      type = 3
      code = 3
    }
  }
  others = "allow"
  alert "icmp_flood_any" {
    count = 0
  }
}

test "ICMPv6 counts" {
  packets {
    count = 1000
    every = "1ms"
    icmp {
      src  = "2001:db8::${1 + i % 50}"
      dst  = "2001:db8:1::1"
      type = 1
    }
  }
  others = "allow"
  alert "icmp_flood_any" {
    count = 1
  }
}
