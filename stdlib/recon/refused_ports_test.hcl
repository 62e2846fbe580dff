test "the twelfth port fires" {
  packets {
    count = 12
    every = "20s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 100 + i
      dstport = 40000
      flags   = "RA"
    }
  }
  alert "refused_ports" {
    count = 1
    key   = { "ip.dst" = "198.51.100.7", "ip.src" = "192.0.2.10" }
    at    = "220s"
  }
}

test "eleven ports stay quiet" {
  packets {
    count = 11
    every = "20s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 100 + i
      dstport = 40000
      flags   = "RA"
    }
  }
  quiet = true
}

test "twelve refusals on one port stay quiet" {
  packets {
    count = 40
    every = "1s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + i
      flags   = "RA"
    }
  }
  quiet = true
}

test "a client that resets its connections from ephemeral ports stays quiet" {
  packets {
    count = 60
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 443
      flags   = "R"
    }
  }
  quiet = true
}

test "a recording of the lab" {
  pcap   = "../../testdata/pcap/nmap-services-slow.pcap"
  others = "allow"
  alert "refused_ports" {
    count = 1
    key   = { "ip.src" = "10.0.0.20", "ip.dst" = "198.51.100.7" }
  }
}
