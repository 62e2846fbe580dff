test "the echo of code 9 fires" {
  packets {
    count = 2
    every = "100ms"
    icmp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      type    = 8
      code    = 9
      seq     = 295
      payload = 120
    }
  }
  alert "nmap_os_probe" {
    count = 1
    key   = { "ip.src" = "198.51.100.7", "ip.dst" = "192.0.2.10" }
    at    = "0s"
  }
}

test "300 times C fires" {
  packets {
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      dstport = 35123
      payload = repeat("C", 300)
    }
  }
  alert "nmap_os_probe" {
    count = 1
  }
}

test "echo requests as others send them, and 299 times C, stay quiet" {
  packets {
    count = 20
    every = "1s"
    icmp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      seq     = 285 + i
      payload = 120
    }
  }
  packets {
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      dstport = 35123
      payload = repeat("C", 299)
    }
  }
  quiet = true
}

test "a recording of the lab" {
  pcap   = "../../testdata/pcap/nmap-os.pcap"
  others = "allow"
  alert "nmap_os_probe" {
    count = 1
  }
}

test "a byte of the payload beside those that are looked at tells nothing, and each of those does" {
  packets {
    udp {
      src     = "198.51.100.1"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 40000
      payload = "DCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC"
    }
  }
  packets {
    udp {
      src     = "198.51.100.2"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 40000
      payload = "CCCCCCCDCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC"
    }
  }
  packets {
    udp {
      src     = "198.51.100.3"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 40000
      payload = "CCCCCCCCCCCCCCCCCCCDCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC"
    }
  }
  packets {
    udp {
      src     = "198.51.100.4"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 40000
      payload = "CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC"
    }
  }
  packets {
    udp {
      src     = "198.51.100.5"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 40000
      payload = "CCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCCC"
    }
  }
  others = "allow"
  alert "nmap_os_probe" {
    count = 0
  }
}

test "three hundred bytes with the three that are looked at fire" {
  packets {
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 40000
      payload = "CDDDDDDCDDDDDDDDDDDC${repeat("D", 280)}"
    }
  }
  others = "allow"
  alert "nmap_os_probe" {
    count = 1
  }
}
