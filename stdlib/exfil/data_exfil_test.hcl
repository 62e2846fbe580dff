# A payload of 9,960 bytes makes an IP packet of 10,000: 20 of IPv4 header and 20 of TCP header (40 with IPv6).

test "the byte that makes five million fires" {
  packets {
    count = 500
    every = "100ms"
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.9"
      srcport = 40000
      dstport = 443
      flags   = "A"
      payload = 9960
    }
  }
  alert "data_exfil" {
    count = 1
    key   = { "ip.src" = "192.168.1.20" }
    at    = "49900ms"
  }
}

test "one byte fewer stays quiet" {
  packets {
    count = 499
    every = "100ms"
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.9"
      srcport = 40000
      dstport = 443
      flags   = "A"
      payload = 9960
    }
  }
  packets {
    start = "49900ms"
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.9"
      srcport = 40000
      dstport = 443
      flags   = "A"
      payload = 9959
    }
  }
  quiet = true
}

test "bytes sent exactly 60 s ago no longer count" {
  packets {
    count = 499
    every = "100ms"
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.9"
      srcport = 40000
      dstport = 443
      flags   = "A"
      payload = 9960
    }
  }
  packets {
    start = "60s"
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.9"
      srcport = 40000
      dstport = 443
      flags   = "A"
      payload = 9960
    }
  }
  quiet = true
}

test "all destinations and protocols count together" {
  packets {
    count = 250
    every = "100ms"
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.9"
      srcport = 40000
      dstport = 443
      flags   = "A"
      payload = 9960
    }
  }
  packets {
    count = 250
    start = "50ms"
    every = "100ms"
    udp {
      src     = "192.168.1.20"
      dst     = "198.51.100.${i + 1}"
      srcport = 40000
      dstport = 443
      payload = 9972
    }
  }
  alert "data_exfil" {
    count = 1
    at    = "24950ms"
  }
}

test "five million bytes between home addresses stay quiet" {
  packets {
    count = 600
    every = "50ms"
    tcp {
      src     = "192.168.1.20"
      dst     = "10.0.0.${i % 200 + 1}"
      srcport = 40000
      dstport = 443
      flags   = "A"
      payload = 9960
    }
  }
  quiet = true
}

test "multicast and broadcast are not the outside" {
  packets {
    count = 1800
    every = "30ms"
    udp {
      src     = "192.168.1.20"
      dst     = ["239.1.2.3", "224.0.0.251", "255.255.255.255"][i % 3]
      srcport = 40000
      dstport = 443
      payload = 9972
    }
  }
  quiet = true
}

test "a download is not an upload" {
  packets {
    count = 600
    every = "50ms"
    tcp {
      src     = "203.0.113.9"
      dst     = "192.168.1.20"
      srcport = 40000
      dstport = 443
      flags   = "A"
      payload = 9960
    }
  }
  quiet = true
}

test "traffic that passes between strangers stays quiet" {
  packets {
    count = 600
    every = "50ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "203.0.113.9"
      srcport = 40000
      dstport = 443
      flags   = "A"
      payload = 9960
    }
  }
  quiet = true
}

test "two homes with 2.5 million bytes each stay quiet" {
  packets {
    count = 500
    every = "100ms"
    tcp {
      src     = "192.168.1.${20 + i % 2}"
      dst     = "203.0.113.9"
      srcport = 40000
      dstport = 443
      flags   = "A"
      payload = 9960
    }
  }
  quiet = true
}

test "IPv6, from a unique local address" {
  packets {
    count = 500
    every = "100ms"
    tcp {
      src     = "fd00::20"
      dst     = "2001:db8::9"
      srcport = 40000
      dstport = 443
      flags   = "A"
      payload = 9940
    }
  }
  alert "data_exfil" {
    count = 1
    key   = { "ip.src" = "fd00::20" }
    at    = "49900ms"
  }
}

test "IPv6 multicast is not the outside" {
  packets {
    count = 600
    every = "50ms"
    udp {
      src     = "fd00::20"
      dst     = "ff05::1:3"
      srcport = 40000
      dstport = 443
      payload = 9972
    }
  }
  quiet = true
}

test "an address of one's own can be added to home" {
  set = { home_nets = ["203.0.113.0/24", "192.168.0.0/16"] }
  packets {
    count = 600
    every = "50ms"
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.9"
      srcport = 40000
      dstport = 443
      flags   = "A"
      payload = 9960
    }
  }
  quiet = true
}

# The window is kept in panes of at most 60 s / 64, so that the oldest second may be left out.
test "bytes sent 59 s ago count" {
  packets {
    count = 499
    every = "100ms"
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.9"
      srcport = 40000
      dstport = 443
      flags   = "A"
      payload = 9960
    }
  }
  packets {
    start = "59s"
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.9"
      srcport = 40000
      dstport = 443
      flags   = "A"
      payload = 9960
    }
  }
  alert "data_exfil" {
    count = 1
    at    = "59s"
  }
}

test "a long upload is one alert in five minutes" {
  packets {
    count = 3000
    every = "100ms"
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.9"
      srcport = 40000
      dstport = 443
      flags   = "A"
      payload = 9960
    }
  }
  alert "data_exfil" { count = 1 }
}

test "curl -T, 6 MB" {
  pcap = "../../testdata/pcap/upload.pcap"
  alert "data_exfil" {
    key = { "ip.src" = "10.0.0.30" }
  }
}

test "curl -T, 4 MB" {
  pcap  = "../../testdata/pcap/upload-below.pcap"
  quiet = true
}

test "the resets of a host under a SYN flood stay quiet" {
  packets {
    count = 600
    every = "50ms"
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.${1 + i % 250}"
      srcport = 80
      dstport = 40000
      flags   = "RA"
      payload = 9960
    }
  }
  quiet = true
}

test "what a web server answers stays quiet" {
  packets {
    count = 4000
    every = "10ms"
    tcp {
      src     = "10.0.0.10"
      dst     = "203.0.113.9"
      srcport = 443
      dstport = 50000
      flags   = "A"
      payload = 1400
    }
  }
  others = "allow"
  alert "data_exfil" {
    count = 0
  }
}

test "from the port of a web server to a service it fires" {
  packets {
    count = 4000
    every = "10ms"
    tcp {
      src     = "10.0.0.10"
      dst     = "203.0.113.9"
      srcport = 443
      dstport = 22
      flags   = "A"
      payload = 1400
    }
  }
  others = "allow"
  alert "data_exfil" { count = 1 }
}

test "what web servers answer stays quiet" {
  packets {
    count = 4000
    every = "10ms"
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.9"
      srcport = 80
      dstport = 1024
      flags   = "PA"
      payload = 1400
    }
  }
  packets {
    count = 4000
    every = "10ms"
    tcp {
      src     = "192.168.1.21"
      dst     = "203.0.113.9"
      srcport = 443
      dstport = 40000
      flags   = "PA"
      payload = 1400
    }
  }
  others = "allow"
  alert "data_exfil" {
    count = 0
  }
}

test "from ports beside theirs, and to ports below 1024, it fires" {
  packets {
    count = 4000
    every = "10ms"
    tcp {
      src     = "192.168.1.1"
      dst     = "203.0.113.9"
      srcport = 79
      dstport = 40000
      flags   = "PA"
      payload = 1400
    }
  }
  packets {
    count = 4000
    every = "10ms"
    tcp {
      src     = "192.168.1.2"
      dst     = "203.0.113.9"
      srcport = 81
      dstport = 40000
      flags   = "PA"
      payload = 1400
    }
  }
  packets {
    count = 4000
    every = "10ms"
    tcp {
      src     = "192.168.1.3"
      dst     = "203.0.113.9"
      srcport = 442
      dstport = 40000
      flags   = "PA"
      payload = 1400
    }
  }
  packets {
    count = 4000
    every = "10ms"
    tcp {
      src     = "192.168.1.4"
      dst     = "203.0.113.9"
      srcport = 444
      dstport = 40000
      flags   = "PA"
      payload = 1400
    }
  }
  packets {
    count = 4000
    every = "10ms"
    tcp {
      src     = "192.168.1.5"
      dst     = "203.0.113.9"
      srcport = 80
      dstport = 1023
      flags   = "PA"
      payload = 1400
    }
  }
  others = "allow"
  alert "data_exfil" {
    count = 5
  }
}
