test "a recording of the lab fires from as many hosts on as it has" {
  set    = { sctp_sweep_hosts = 1 }
  pcap   = "../../testdata/pcap/nmap-sctp.pcap"
  others = "allow"
  alert "sctp_sweep" {
    count = 1
    key   = { "ip.src" = "198.51.100.7" }
  }
}

test "a scan of one host stays quiet" {
  pcap   = "../../testdata/pcap/nmap-sctp.pcap"
  others = "allow"
  alert "sctp_sweep" {
    count = 0
  }
}

test "25 hosts fire, over IPv4 and IPv6" {
  packets {
    count = 25
    every = "100ms"
    ip {
      src     = "198.51.100.1"
      dst     = "192.0.2.${1 + i}"
      proto   = 132
      payload = 32
    }
  }
  packets {
    count = 25
    every = "100ms"
    ip {
      src     = "198.51.100.2"
      dst     = "192.0.2.${1 + i}"
      proto   = 132
      payload = 20
    }
  }
  packets {
    count = 25
    every = "100ms"
    ip {
      src     = "2001:db8:7::1"
      dst     = "2001:db8::${1 + i}"
      proto   = 132
      payload = 32
    }
  }
  packets {
    count = 25
    every = "100ms"
    ip {
      src     = "2001:db8:7::2"
      dst     = "2001:db8::${1 + i}"
      proto   = 132
      payload = 20
    }
  }
  others = "allow"
  alert "sctp_sweep" {
    count = 4
  }
}

test "24 hosts, other sizes, other protocols and later fragments stay quiet" {
  packets {
    count = 24
    every = "100ms"
    ip {
      src     = "198.51.100.1"
      dst     = "192.0.2.${1 + i}"
      proto   = 132
      payload = 32
    }
  }
  packets {
    count = 40
    every = "100ms"
    ip {
      src     = "198.51.100.2"
      dst     = "192.0.2.${1 + i}"
      proto   = 132
      payload = 19
    }
  }
  packets {
    count = 40
    every = "100ms"
    ip {
      src     = "198.51.100.3"
      dst     = "192.0.2.${1 + i}"
      proto   = 132
      payload = 21
    }
  }
  packets {
    count = 40
    every = "100ms"
    ip {
      src     = "198.51.100.4"
      dst     = "192.0.2.${1 + i}"
      proto   = 132
      payload = 31
    }
  }
  packets {
    count = 40
    every = "100ms"
    ip {
      src     = "198.51.100.5"
      dst     = "192.0.2.${1 + i}"
      proto   = 132
      payload = 33
    }
  }
  packets {
    count = 40
    every = "100ms"
    ip {
      src     = "198.51.100.6"
      dst     = "192.0.2.${1 + i}"
      proto   = 132
      payload = 39
    }
  }
  packets {
    count = 40
    every = "100ms"
    ip {
      src     = "198.51.100.7"
      dst     = "192.0.2.${1 + i}"
      proto   = 132
      payload = 41
    }
  }
  packets {
    count = 40
    every = "100ms"
    ip {
      src     = "198.51.100.8"
      dst     = "192.0.2.${1 + i}"
      proto   = 132
      payload = 51
    }
  }
  packets {
    count = 40
    every = "100ms"
    ip {
      src     = "198.51.100.9"
      dst     = "192.0.2.${1 + i}"
      proto   = 132
      payload = 53
    }
  }
  packets {
    count = 40
    every = "100ms"
    ip {
      src     = "2001:db8:7::2"
      dst     = "2001:db8::${1 + i}"
      proto   = 132
      payload = 19
    }
  }
  packets {
    count = 40
    every = "100ms"
    ip {
      src     = "2001:db8:7::3"
      dst     = "2001:db8::${1 + i}"
      proto   = 132
      payload = 21
    }
  }
  packets {
    count = 40
    every = "100ms"
    ip {
      src     = "2001:db8:7::4"
      dst     = "2001:db8::${1 + i}"
      proto   = 132
      payload = 31
    }
  }
  packets {
    count = 40
    every = "100ms"
    ip {
      src     = "2001:db8:7::5"
      dst     = "2001:db8::${1 + i}"
      proto   = 132
      payload = 33
    }
  }
  packets {
    count = 40
    every = "100ms"
    ip {
      src     = "198.51.100.20"
      dst     = "192.0.2.${1 + i}"
      proto   = 131
      payload = 32
    }
  }
  packets {
    count = 40
    every = "100ms"
    ip {
      src         = "198.51.100.21"
      dst         = "192.0.2.${1 + i}"
      proto       = 132
      frag_offset = 1
      payload     = 32
    }
  }
  others = "allow"
  alert "sctp_sweep" {
    count = 0
  }
}

test "what came just under 60 s before counts" {
  packets {
    count = 24
    every = "100ms"
    ip {
      src     = "198.51.100.7"
      dst     = "192.0.2.${1 + i}"
      proto   = 132
      payload = 32
    }
  }
  packets {
    start = "59999ms"
    ip {
      src     = "198.51.100.7"
      dst     = "192.0.2.25"
      proto   = 132
      payload = 32
    }
  }
  others = "allow"
  alert "sctp_sweep" {
    count = 1
  }
}

test "what came 60 s before no longer counts" {
  packets {
    count = 24
    every = "100ms"
    ip {
      src     = "198.51.100.7"
      dst     = "192.0.2.${1 + i}"
      proto   = 132
      payload = 32
    }
  }
  packets {
    start = "60s"
    ip {
      src     = "198.51.100.7"
      dst     = "192.0.2.25"
      proto   = 132
      payload = 32
    }
  }
  others = "allow"
  alert "sctp_sweep" {
    count = 0
  }
}
