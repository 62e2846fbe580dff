test "the twelfth port fires" {
  set = { refused_ports_ports = 12 }
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
  set = { refused_ports_ports = 12 }
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
  set = { refused_ports_ports = 12 }
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
  set = { refused_ports_ports = 12 }
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

test "what came just under 10 min before counts" {
  set = { refused_ports_ports = 12 }
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
  packets {
    start = "599999ms"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 111
      dstport = 40000
      flags   = "RA"
    }
  }
  others = "allow"
  alert "refused_ports" {
    count = 1
  }
}

test "what came 10 min before no longer counts" {
  set = { refused_ports_ports = 12 }
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
  packets {
    start = "10m"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 111
      dstport = 40000
      flags   = "RA"
    }
  }
  others = "allow"
  alert "refused_ports" {
    count = 0
  }
}

test "ports from 1024 on do not count where a connection was" {
  set = { refused_ports_ports = 12 }
  packets {
    count = 13
    every = "1s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 1012 + i
      dstport = 40000
      flags   = "RA"
      seq     = 900
    }
  }
  others = "allow"
  alert "refused_ports" {
    count = 1
  }
}

test "with eleven below 1024 it stays quiet" {
  set = { refused_ports_ports = 12 }
  packets {
    count = 13
    every = "1s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 1013 + i
      dstport = 40000
      flags   = "RA"
      seq     = 900
    }
  }
  others = "allow"
  alert "refused_ports" {
    count = 0
  }
}

test "RST with data, and other answers, stay quiet" {
  set = { refused_ports_ports = 12 }
  packets {
    count = 20
    every = "1s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 100 + i
      dstport = 40000
      flags   = "RA"
      payload = "a"
    }
  }
  packets {
    count = 20
    every = "1s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 200 + i
      dstport = 40000
      flags   = "SA"
    }
  }
  others = "allow"
  alert "refused_ports" {
    count = 0
  }
}

test "the eighth port fires, of services or not" {
  packets {
    count = 8
    every = "20s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = [22, 80, 443, 3306, 5432, 8000, 8080, 9000][i]
      dstport = 40000 + i
      flags   = "RA"
    }
  }
  alert "refused_ports" {
    count = 1
    key   = { "ip.dst" = "198.51.100.7", "ip.src" = "192.0.2.10" }
    at    = "140s"
  }
}

test "seven, and connections to high ports that end, stay quiet" {
  packets {
    count = 20
    every = "20s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = i < 7 ? 8000 + i : 50000 + i
      dstport = 40000 + i
      flags   = "RA"
      seq     = i < 7 ? 0 : 900
    }
  }
  quiet = true
}

test "a collector of metrics whose programs are down stays quiet where it is known as a monitor" {
  set = { monitors = ["10.0.0.27"] }
  packets {
    count = 40
    every = "1s"
    tcp {
      src     = "10.0.0.20"
      dst     = "10.0.0.27"
      srcport = 9100 + i
      dstport = 45890 + i
      flags   = "RA"
    }
  }
  quiet = true
}
