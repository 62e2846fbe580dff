test "nmap" {
  pcap = "../../testdata/pcap/nmap-sctp.pcap"
  alert "sctp_scan" {
    count = 1
    key   = { "ip.src" = "198.51.100.7", "ip.dst" = "10.0.0.20" }
  }
}

test "one probe less than asked for stays quiet" {
  set   = { sctp_scan_probes = 31 }
  pcap  = "../../testdata/pcap/nmap-sctp.pcap"
  quiet = true
}

test "INIT and COOKIE ECHO without anything fire, over IPv4 and IPv6" {
  packets {
    count = 25
    every = "100ms"
    ip {
      src     = "198.51.100.1"
      dst     = "192.0.2.10"
      proto   = 132
      payload = 32
    }
  }
  packets {
    count = 25
    every = "100ms"
    ip {
      src     = "198.51.100.2"
      dst     = "192.0.2.10"
      proto   = 132
      payload = 20
    }
  }
  packets {
    count = 25
    every = "100ms"
    ip {
      src     = "2001:db8:7::1"
      dst     = "2001:db8::10"
      proto   = 132
      payload = 32
    }
  }
  packets {
    count = 25
    every = "100ms"
    ip {
      src     = "2001:db8:7::2"
      dst     = "2001:db8::10"
      proto   = 132
      payload = 20
    }
  }
  others = "allow"
  alert "sctp_scan" {
    count = 4
  }
}

test "24 stay quiet" {
  packets {
    count = 24
    every = "100ms"
    ip {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      proto   = 132
      payload = 32
    }
  }
  others = "allow"
  alert "sctp_scan" {
    count = 0
  }
}

test "packets of other sizes, of other protocols and later fragments stay quiet" {
  packets {
    count = 40
    every = "100ms"
    ip {
      src     = "198.51.100.1"
      dst     = "192.0.2.10"
      proto   = 132
      payload = 19
    }
  }
  packets {
    count = 40
    every = "100ms"
    ip {
      src     = "198.51.100.2"
      dst     = "192.0.2.10"
      proto   = 132
      payload = 21
    }
  }
  packets {
    count = 40
    every = "100ms"
    ip {
      src     = "198.51.100.3"
      dst     = "192.0.2.10"
      proto   = 132
      payload = 31
    }
  }
  packets {
    count = 40
    every = "100ms"
    ip {
      src     = "198.51.100.4"
      dst     = "192.0.2.10"
      proto   = 132
      payload = 33
    }
  }
  packets {
    count = 40
    every = "100ms"
    ip {
      src     = "198.51.100.5"
      dst     = "192.0.2.10"
      proto   = 132
      payload = 40
    }
  }
  packets {
    count = 40
    every = "100ms"
    ip {
      src     = "2001:db8:7::1"
      dst     = "2001:db8::10"
      proto   = 132
      payload = 19
    }
  }
  packets {
    count = 40
    every = "100ms"
    ip {
      src     = "2001:db8:7::2"
      dst     = "2001:db8::10"
      proto   = 132
      payload = 21
    }
  }
  packets {
    count = 40
    every = "100ms"
    ip {
      src     = "2001:db8:7::3"
      dst     = "2001:db8::10"
      proto   = 132
      payload = 31
    }
  }
  packets {
    count = 40
    every = "100ms"
    ip {
      src     = "2001:db8:7::4"
      dst     = "2001:db8::10"
      proto   = 132
      payload = 33
    }
  }
  packets {
    count = 40
    every = "100ms"
    ip {
      src     = "198.51.100.9"
      dst     = "192.0.2.10"
      proto   = 131
      payload = 32
    }
  }
  packets {
    count = 40
    every = "100ms"
    ip {
      src         = "198.51.100.10"
      dst         = "192.0.2.10"
      proto       = 132
      frag_offset = 1
      payload     = 32
    }
  }
  others = "allow"
  alert "sctp_scan" {
    count = 0
  }
}

test "nine of ten packets fire" {
  packets {
    count = 3
    every = "100ms"
    ip {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      proto   = 132
      payload = 100
    }
  }
  packets {
    count = 27
    every = "100ms"
    start = "1s"
    ip {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      proto   = 132
      payload = 32
    }
  }
  others = "allow"
  alert "sctp_scan" {
    count = 1
  }
}

test "less than nine of ten stay quiet" {
  packets {
    count = 4
    every = "100ms"
    ip {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      proto   = 132
      payload = 100
    }
  }
  packets {
    count = 35
    every = "100ms"
    start = "1s"
    ip {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      proto   = 132
      payload = 32
    }
  }
  others = "allow"
  alert "sctp_scan" {
    count = 0
  }
}

test "what came just under 10 s before counts" {
  packets {
    count = 24
    every = "100ms"
    ip {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      proto   = 132
      payload = 32
    }
  }
  packets {
    start = "9999ms"
    ip {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      proto   = 132
      payload = 32
    }
  }
  others = "allow"
  alert "sctp_scan" {
    count = 1
  }
}

test "what came 10 s before no longer counts" {
  packets {
    count = 24
    every = "100ms"
    ip {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      proto   = 132
      payload = 32
    }
  }
  packets {
    start = "10s"
    ip {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      proto   = 132
      payload = 32
    }
  }
  others = "allow"
  alert "sctp_scan" {
    count = 0
  }
}
