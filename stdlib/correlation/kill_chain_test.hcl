test "a port scan, a visit to a honeypot and long names" {
  packets {
    count = 15
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 1000 + i
      flags   = "S"
    }
  }
  packets {
    start = "1m"
    dns {
      src   = "198.51.100.7"
      dst   = "192.0.2.53"
      qname = "${repeat("a", 60)}.example.com"
    }
  }
  packets {
    start = "8m"
    honeypot {
      src = "198.51.100.7"
      dst = "192.0.2.90"
    }
  }
  alert "kill_chain" {
    count    = 1
    key      = { "ip.src" = "198.51.100.7" }
    at       = "8m"
    severity = "critical"
  }
  alert "port_scan" {}
  alert "dns_tunnel" {}
  alert "honeypot_touch" {}
}

test "two stages are no chain, however many rules of them fire" {
  packets {
    count = 15
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 1000 + i
      flags   = "S"
    }
  }
  packets {
    start = "1m"
    count = 20
    every = "1s"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 51853
      dstport = 2000 + i
    }
  }
  packets {
    start = "3m"
    count = 5
    every = "1m"
    honeypot {
      src = "198.51.100.7"
      dst = "192.0.2.90"
    }
  }
  alert "port_scan" {}
  alert "udp_scan" {}
  alert "honeypot_touch" {}
  alert "kill_chain" {
    count = 0
  }
}

test "three stages of three sources" {
  packets {
    count = 15
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 1000 + i
      flags   = "S"
    }
  }
  packets {
    dns {
      src   = "198.51.100.8"
      dst   = "192.0.2.53"
      qname = "${repeat("a", 60)}.example.com"
    }
  }
  packets {
    honeypot {
      src = "198.51.100.9"
      dst = "192.0.2.90"
    }
  }
  alert "port_scan" {}
  alert "dns_tunnel" {}
  alert "honeypot_touch" {}
  alert "kill_chain" {
    count = 0
  }
}

test "an alert exactly ten minutes ago no longer counts" {
  packets {
    honeypot {
      src = "198.51.100.7"
      dst = "192.0.2.90"
    }
  }
  packets {
    start = "1m"
    dns {
      src   = "198.51.100.7"
      dst   = "192.0.2.53"
      qname = "${repeat("a", 60)}.example.com"
    }
  }
  packets {
    start = "599s"
    count = 15
    every = "1s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 1000 + i
      flags   = "S"
    }
  }
  set = { port_scan_ports = 2 }
  alert "honeypot_touch" {}
  alert "dns_tunnel" {}
  alert "port_scan" {}
  alert "kill_chain" {
    count = 0
  }
}

test "an alert just under ten minutes ago counts" {
  packets {
    honeypot {
      src = "198.51.100.7"
      dst = "192.0.2.90"
    }
  }
  packets {
    start = "1m"
    dns {
      src   = "198.51.100.7"
      dst   = "192.0.2.53"
      qname = "${repeat("a", 60)}.example.com"
    }
  }
  packets {
    start = "599s"
    count = 2
    every = "999ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 1000 + i
      flags   = "S"
    }
  }
  set = { port_scan_ports = 2 }
  alert "honeypot_touch" {}
  alert "dns_tunnel" {}
  alert "port_scan" {}
  alert "kill_chain" {
    count = 1
    key   = { "ip.src" = "198.51.100.7" }
    at    = "599999ms"
  }
}

test "ARP has no source address" {
  packets {
    arp {
      src_mac = "02:00:00:00:00:01"
      src_ip  = "10.0.0.1"
      dst_ip  = "10.0.0.30"
    }
  }
  packets {
    start = "1s"
    arp {
      src_mac = "02:00:00:00:00:66"
      src_ip  = "10.0.0.1"
      dst_ip  = "10.0.0.30"
    }
  }
  packets {
    start = "2s"
    honeypot {
      src = "10.0.0.1"
      dst = "10.0.0.90"
    }
  }
  packets {
    start = "3s"
    dns {
      src   = "10.0.0.1"
      dst   = "192.0.2.53"
      qname = "${repeat("a", 60)}.example.com"
    }
  }
  alert "arp_spoof" {}
  alert "honeypot_touch" {}
  alert "dns_tunnel" {}
  alert "kill_chain" {
    count = 0
  }
}

test "the last of many sources is not blamed for all of them, nor a victim for what is forged under its address" {
  packets {
    count = 20
    every = "100ms"
    tcp {
      src     = "198.51.100.${i + 1}"
      dst     = "192.0.2.10"
      dstport = 22
      flags   = "S"
    }
  }
  packets {
    start = "2s"
    tcp {
      src     = "198.51.100.20"
      dst     = "198.51.100.20"
      srcport = 80
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    start = "3s"
    honeypot {
      src = "198.51.100.20"
      dst = "192.0.2.90"
    }
  }
  packets {
    start = "4s"
    tcp {
      src     = "198.51.100.20"
      dst     = "192.0.2.10"
      dstport = 4444
      flags   = "S"
    }
  }
  alert "distributed_brute_force" {}
  alert "land_attack" {}
  alert "honeypot_touch" {}
  alert "suspicious_port" {}
  alert "kill_chain" {
    count = 0
  }
}

test "a host that refuses a scan and wrong passwords is not blamed for them" {
  packets {
    count = 12
    every = "1s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 100 + i
      dstport = 40000
      flags   = "RA"
    }
  }
  packets {
    start = "1m"
    count = 15
    every = "1s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 21
      dstport = 40000
      flags   = "PA"
      payload = "530 Login incorrect.\r\n"
    }
  }
  packets {
    start = "2m"
    dns {
      src   = "192.0.2.10"
      dst   = "192.0.2.53"
      qname = "${repeat("a", 60)}.example.com"
    }
  }
  alert "refused_ports" {}
  alert "login_failures" {}
  alert "dns_tunnel" {}
  alert "kill_chain" {
    count = 0
  }
}

test "one fast scan sets off several rules and is no chain" {
  pcap = "../../testdata/pcap/nmap-syn-1000.pcap.gz"
  alert "port_scan" {}
  alert "kill_chain" {
    count = 0
  }
  others = "allow"
}

test "web pages" {
  pcap  = "../../testdata/pcap/curl-benign.pcap"
  quiet = true
}

test "a web server and a resolver are not blamed for what they answer" {
  packets {
    count = 60
    every = "500ms"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 80
      dstport = 40000 + i
      flags   = "PA"
      payload = "HTTP/1.1 404 Not Found\r\n\r\n"
    }
  }
  packets {
    start = "1m"
    count = 8
    every = "10s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 25
      dstport = 40000
      flags   = "PA"
      payload = "535 5.7.8 Authentication failed\r\n"
    }
  }
  packets {
    start = "3m"
    dns {
      src   = "192.0.2.10"
      dst   = "192.0.2.53"
      qname = "${repeat("a", 60)}.example.com"
    }
  }
  alert "http_scanner" {}
  alert "login_failures_slow" {}
  alert "dns_tunnel" {}
  alert "kill_chain" {
    count = 0
  }
}
