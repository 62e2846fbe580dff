test "a connection to Metasploit's port fires" {
  packets {
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.9"
      srcport = 40000
      dstport = 4444
      flags   = "S"
    }
  }
  alert "suspicious_port" {
    count = 1
    key   = { "ip.src" = "192.168.1.20", "ip.dst" = "203.0.113.9" }
    at    = "0s"
  }
}

test "a UDP packet to Back Orifice's port fires" {
  packets {
    udp {
      src     = "192.168.1.20"
      dst     = "203.0.113.9"
      srcport = 40000
      dstport = 31337
    }
  }
  alert "suspicious_port" {
    count = 1
    key   = { "ip.src" = "192.168.1.20", "ip.dst" = "203.0.113.9" }
  }
}

test "each port of the list fires" {
  packets {
    count = 16
    every = "1s"
    tcp {
      src     = "198.51.100.${i + 1}"
      dst     = "203.0.113.9"
      srcport = 40000 + i
      dstport = [1337, 4444, 4445, 5554, 5555, 6666, 6667, 6668, 6669, 12345, 12346, 20034, 27374, 31337, 31338, 54321][i]
      flags   = "S"
    }
  }
  alert "suspicious_port" {
    count = 16
  }
}

test "the ports beside them stay quiet" {
  packets {
    count = 14
    every = "1s"
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.${i + 1}"
      srcport = 40000 + i
      dstport = [1336, 1338, 4443, 4446, 5553, 5556, 6665, 6670, 12344, 12347, 31336, 31339, 54320, 54322][i]
      flags   = "S"
    }
  }
  quiet = true
}

test "a client's own port stays quiet, and so does the answer to it" {
  packets {
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.9"
      srcport = 12345
      dstport = 443
      flags   = "S"
    }
  }
  packets {
    start = "10ms"
    tcp {
      src     = "203.0.113.9"
      dst     = "192.168.1.20"
      srcport = 443
      dstport = 12345
      flags   = "SA"
    }
  }
  packets {
    count = 20
    start = "20ms"
    every = "10ms"
    tcp {
      src     = "203.0.113.9"
      dst     = "192.168.1.20"
      srcport = 443
      dstport = 12345
      flags   = "PA"
    }
  }
  quiet = true
}

test "a pair of hosts fires once in the cooldown" {
  packets {
    count = 20
    every = "10s"
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.9"
      srcport = 40000 + i
      dstport = 4444
      flags   = "S"
    }
  }
  alert "suspicious_port" {
    count = 1
  }
}

test "each pair of hosts fires by itself" {
  packets {
    count = 3
    every = "1s"
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.${i + 1}"
      srcport = 40000 + i
      dstport = 6667
      flags   = "S"
    }
  }
  alert "suspicious_port" {
    count = 3
  }
}

test "IPv6" {
  packets {
    tcp {
      src     = "2001:db8:7::1"
      dst     = "2001:db8::10"
      srcport = 40000 + i
      dstport = 4444
      flags   = "S"
    }
  }
  alert "suspicious_port" {
    count = 1
    key   = { "ip.src" = "2001:db8:7::1", "ip.dst" = "2001:db8::10" }
  }
}

test "the ports are a variable" {
  set = { c2_ports = [4443] }
  packets {
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.9"
      srcport = 40000 + i
      dstport = 4444
      flags   = "S"
    }
  }
  packets {
    start = "1s"
    udp {
      src     = "192.168.1.20"
      dst     = "203.0.113.10"
      srcport = 40000
      dstport = 4443
    }
  }
  alert "suspicious_port" {
    count = 1
    key   = { "ip.src" = "192.168.1.20", "ip.dst" = "203.0.113.10" }
  }
}

test "a shell over nc" {
  pcap = "../../testdata/pcap/nc-backdoor.pcap"
  alert "suspicious_port" {
    key = { "ip.src" = "10.0.0.30", "ip.dst" = "192.0.2.80" }
  }
}

test "web pages" {
  pcap  = "../../testdata/pcap/curl-benign.pcap"
  quiet = true
}

test "a UDP answer to a client on such a port stays quiet" {
  packets {
    udp {
      src     = "203.0.113.53"
      dst     = "192.168.1.20"
      srcport = 3478
      dstport = 54321
    }
  }
  quiet = true
}

test "UDP from a port of no service fires" {
  packets {
    udp {
      src     = "203.0.113.53"
      dst     = "192.168.1.20"
      srcport = 3477
      dstport = 54321
    }
  }
  alert "suspicious_port" { count = 1 }
}

test "the answer of a service below 1024, and what a host says to itself, stay quiet" {
  packets {
    udp {
      src     = "203.0.113.53"
      dst     = "192.168.1.20"
      srcport = 716
      dstport = 12345
    }
  }
  packets {
    start = "1s"
    tcp {
      src     = "127.0.0.1"
      dst     = "127.0.0.1"
      srcport = 40000
      dstport = 12345
      flags   = "S"
    }
  }
  quiet = true
}

test "UDP from port 1024 fires" {
  packets {
    udp {
      src     = "203.0.113.53"
      dst     = "192.168.1.20"
      srcport = 1024
      dstport = 12345
    }
  }
  alert "suspicious_port" { count = 1 }
}

test "UDP to all hosts of the link stays quiet" {
  packets {
    count = 20
    every = "1s"
    udp {
      src     = "192.168.1.${20 + i}"
      dst     = "255.255.255.255"
      srcport = 49153
      dstport = 6667
    }
  }
  quiet = true
}

test "UDP to one host of the link, and to a multicast group, fires" {
  packets {
    count = 2
    udp {
      src     = "192.168.1.20"
      dst     = ["192.168.1.254", "239.1.2.3"][i]
      srcport = 49153
      dstport = 6667
    }
  }
  alert "suspicious_port" { count = 2 }
}

test "UDP from port 1023, and from a service above, is an answer" {
  packets {
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 1023
      dstport = 31337
    }
  }
  packets {
    udp {
      src     = "198.51.100.8"
      dst     = "192.0.2.10"
      srcport = 51820
      dstport = 31337
    }
  }
  others = "allow"
  alert "suspicious_port" {
    count = 0
  }
}

test "UDP from port 1024, and TCP from whichever, fires" {
  packets {
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 1024
      dstport = 31337
    }
  }
  packets {
    tcp {
      src     = "198.51.100.8"
      dst     = "192.0.2.10"
      srcport = 80
      dstport = 31337
      flags   = "S"
    }
  }
  packets {
    tcp {
      src     = "198.51.100.9"
      dst     = "255.255.255.255"
      srcport = 40000 + i
      dstport = 31337
      flags   = "S"
    }
  }
  others = "allow"
  alert "suspicious_port" {
    count = 3
  }
}

test "loopback stays quiet, and what has it at one end fires" {
  packets {
    tcp {
      src     = "127.0.0.1"
      dst     = "127.0.0.2"
      srcport = 40000 + i
      dstport = 4444
      flags   = "S"
    }
  }
  packets {
    tcp {
      src     = "127.0.0.1"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 4444
      flags   = "S"
    }
  }
  packets {
    tcp {
      src     = "198.51.100.7"
      dst     = "127.0.0.1"
      srcport = 40000 + i
      dstport = 4444
      flags   = "S"
    }
  }
  others = "allow"
  alert "suspicious_port" {
    count = 2
  }
}

test "a question to a tracker of BitTorrent stays quiet, and what only begins like it fires" {
  packets {
    udp {
      src         = "192.168.1.20"
      dst         = "203.0.113.9"
      srcport     = 51413
      dstport     = 1337
      payload_hex = "00 00 04 17 27 10 19 80 00 00 00 00 32 9e ef ea"
    }
  }
  packets {
    start = "1s"
    udp {
      src         = "192.168.1.20"
      dst         = "203.0.113.10"
      srcport     = 51413
      dstport     = 1337
      payload_hex = "00 00 04 17 27 10 19 80 00 00 00 00 32 9e ef ea 69 64"
    }
  }
  alert "suspicious_port" {
    count = 1
    key   = { "ip.dst" = "203.0.113.10" }
  }
}

test "UDP to one host in a frame to all, as made-up packets have it, fires" {
  packets {
    udp {
      src     = "192.168.1.20"
      dst     = "192.168.1.9"
      dst_mac = "ff:ff:ff:ff:ff:ff"
      srcport = 49153
      dstport = 31337
    }
  }
  alert "suspicious_port" { count = 1 }
}
