test "the fifth port of a script with scapy fires" {
  packets {
    count = 5
    every = "1s"
    tcp {
      src     = "198.51.100.7"
      dst     = "10.0.0.20"
      srcport = 20
      dstport = 20 + i
      flags   = "S"
      window  = 8192
      id      = 1
    }
  }
  alert "crafted_syn_scan" {
    count = 1
    key   = { "ip.src" = "198.51.100.7" }
    at    = "4s"
  }
}

test "four ports, again and again, stay quiet" {
  packets {
    count = 40
    every = "1s"
    tcp {
      src     = "198.51.100.7"
      dst     = "10.0.0.20"
      srcport = 20
      dstport = 20 + i % 4
      flags   = "S"
      window  = 8192
      id      = 1
    }
  }
  others = "allow"
  alert "crafted_syn_scan" {
    count = 0
  }
}

test "a port a minute stays quiet" {
  packets {
    count = 9
    every = "15s"
    tcp {
      src     = "198.51.100.7"
      dst     = "10.0.0.20"
      dstport = 20 + i
      flags   = "S"
      window  = 8192
      id      = 1
    }
  }
  others = "allow"
  alert "crafted_syn_scan" {
    count = 0
  }
}

test "nmap -sS, 14 ports" {
  pcap   = "../../testdata/pcap/nmap-syn-14.pcap"
  others = "allow"
  alert "crafted_syn_scan" {
    count = 1
    key   = { "ip.src" = "198.51.100.7" }
  }
}

test "nmap -6 -sS" {
  pcap   = "../../testdata/pcap/nmap-syn-ipv6.pcap"
  others = "allow"
  alert "crafted_syn_scan" {
    count = 1
    key   = { "ip.src" = "2001:db8:51::7" }
  }
}

test "nmap -sT, whose SYN are those of the system, stays quiet" {
  pcap   = "../../testdata/pcap/nmap-connect.pcap"
  others = "allow"
  alert "crafted_syn_scan" {
    count = 0
  }
}
