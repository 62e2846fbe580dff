test "the tenth NULL probe fires" {
  packets {
    count = 10
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 1000 + i
      flags   = ""
    }
  }
  alert "stealth_scan" {
    count = 1
    key   = { "ip.src" = "198.51.100.7" }
    at    = "900ms"
  }
}

test "FIN, Xmas and SYN+FIN probes count together" {
  packets {
    count = 10
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 1000 + i
      flags   = ["F", "FPU", "SF"][i % 3]
    }
  }
  alert "stealth_scan" {
    count = 1
    at    = "900ms"
  }
}

test "nine probes stay quiet" {
  packets {
    count = 9
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 1000 + i
      flags   = ["", "F", "FPU"][i % 3]
    }
  }
  quiet = true
}

test "a probe exactly 10 s ago no longer counts" {
  packets {
    count = 9
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 1000 + i
      flags   = "FPU"
    }
  }
  packets {
    start = "10s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 1009
      flags   = "FPU"
    }
  }
  quiet = true
}

test "what real connections send stays quiet" {
  packets {
    count = 200
    every = "20ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 443
      flags   = ["FA", "A", "PA", "FPA", "R", "RA", "UA", "FPUA"][i % 8]
    }
  }
  quiet = true
}

test "PSH or URG alone is none of the four probes" {
  packets {
    count = 75
    every = "20ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 443
      flags   = ["P", "U", "PU", "FP", "FU"][i % 5]
    }
  }
  quiet = true
}

test "ECE and CWR do not hide a probe" {
  packets {
    count = 10
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 1000 + i
      flags   = ["E", "FC", "FPUEC"][i % 3]
    }
  }
  alert "stealth_scan" {
    count = 1
    at    = "900ms"
  }
}

test "IPv6" {
  packets {
    count = 10
    every = "100ms"
    tcp {
      src     = "2001:db8:7::1"
      dst     = "2001:db8::10"
      srcport = 40000
      dstport = 1000 + i
      flags   = "FPU"
    }
  }
  alert "stealth_scan" {
    count = 1
    key   = { "ip.src" = "2001:db8:7::1" }
    at    = "900ms"
  }
}

test "a probe just under 10 s ago counts" {
  packets {
    count = 9
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 1000 + i
      flags   = "FPU"
    }
  }
  packets {
    start = "9999ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 1009
      flags   = "FPU"
    }
  }
  alert "stealth_scan" {
    count = 1
    at    = "9999ms"
  }
}

test "nmap -sN" {
  pcap = "../../testdata/pcap/nmap-null.pcap"
  alert "stealth_scan" {
    key = { "ip.src" = "198.51.100.7" }
  }
  alert "refused_ports" {}
}

test "nmap -sF" {
  pcap = "../../testdata/pcap/nmap-fin.pcap"
  alert "stealth_scan" {
    key = { "ip.src" = "198.51.100.7" }
  }
  alert "refused_ports" {}
}

test "nmap -sX" {
  pcap = "../../testdata/pcap/nmap-xmas.pcap"
  alert "stealth_scan" {
    key = { "ip.src" = "198.51.100.7" }
  }
  alert "refused_ports" {}
}

test "nmap --scanflags SYNFIN" {
  pcap = "../../testdata/pcap/nmap-synfin.pcap"
  alert "stealth_scan" {
    key = { "ip.src" = "198.51.100.7" }
  }
  alert "refused_ports" {}
  alert "crafted_syn_scan" {}
}

test "web pages" {
  pcap  = "../../testdata/pcap/curl-benign.pcap"
  quiet = true
}

test "a server that answers with SYN, FIN and ACK stays quiet" {
  packets {
    count = 40
    every = "100ms"
    tcp {
      src     = "203.0.113.80"
      dst     = "192.168.1.20"
      srcport = 80
      dstport = 50000
      flags   = "SFA"
    }
  }
  quiet = true
}
