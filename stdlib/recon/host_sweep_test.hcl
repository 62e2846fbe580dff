test "the twenty-fifth host fires" {
  packets {
    count = 25
    every = "1s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.${i + 1}"
      srcport = 40000
      dstport = 80
      flags   = "S"
    }
  }
  alert "host_sweep" {
    count = 1
    key   = { "ip.src" = "198.51.100.7", "tcp.dstport" = 80 }
    at    = "24s"
  }
}

test "twenty-four hosts stay quiet" {
  packets {
    count = 48
    every = "1s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.${i % 24 + 1}"
      srcport = 40000
      dstport = 80
      flags   = "S"
    }
  }
  quiet = true
}

test "a host tried exactly 60 s ago no longer counts" {
  packets {
    count = 24
    every = "1s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.${i + 1}"
      srcport = 40000
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    start = "60s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.25"
      srcport = 40000
      dstport = 80
      flags   = "S"
    }
  }
  quiet = true
}

test "hosts are counted for each port by itself" {
  packets {
    count = 40
    every = "1s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.${i + 1}"
      srcport = 40000
      dstport = i % 2 == 0 ? 80 : 8080
      flags   = "S"
    }
  }
  quiet = true
}

test "answers to many hosts are not a sweep" {
  packets {
    count = 60
    every = "100ms"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.${i + 1}"
      srcport = 80
      dstport = 40000
      flags   = "SA"
    }
  }
  quiet = true
}

test "IPv6" {
  packets {
    count = 25
    every = "1s"
    tcp {
      src     = "2001:db8:7::1"
      dst     = "2001:db8::${i + 1}"
      srcport = 40000
      dstport = 80
      flags   = "S"
    }
  }
  alert "host_sweep" {
    count = 1
    key   = { "ip.src" = "2001:db8:7::1", "tcp.dstport" = 80 }
    at    = "24s"
  }
}

test "a host tried just under 60 s ago counts" {
  packets {
    count = 24
    every = "1s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.${i + 1}"
      srcport = 40000
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    start = "59999ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.25"
      srcport = 40000
      dstport = 80
      flags   = "S"
    }
  }
  alert "host_sweep" {
    count = 1
    at    = "59999ms"
  }
}

test "nmap -sS, one port of 40 hosts" {
  pcap = "../../testdata/pcap/nmap-sweep.pcap"
  alert "host_sweep" {
    key = { "ip.src" = "198.51.100.7", "tcp.dstport" = 8080 }
  }
  alert "failed_connections" {}
  alert "crafted_syn_scan" {}
}

test "web pages" {
  pcap  = "../../testdata/pcap/curl-benign.pcap"
  quiet = true
}

test "a monitor that asks 40 hosts for their health stays quiet" {
  packets {
    count = 40
    every = "1s"
    tcp {
      src     = "10.0.0.5"
      dst     = "10.0.1.${1 + i}"
      srcport = 40000 + i
      dstport = 8080
    }
  }
  packets {
    count = 40
    start = "1ms"
    every = "1s"
    tcp {
      src     = "10.0.0.5"
      dst     = "10.0.1.${1 + i}"
      srcport = 40000 + i
      dstport = 8080
      flags   = "PA"
      seq     = 1
      ack     = 1
      payload = "GET /healthz HTTP/1.0\r\n\r\n"
    }
  }
  quiet = true
}

test "a sweep of which a third answers, and is asked, fires" {
  packets {
    count = 40
    every = "1s"
    tcp {
      src     = "198.51.100.7"
      dst     = "10.0.1.${1 + i}"
      srcport = 40000 + i
      dstport = 8080
    }
  }
  packets {
    count = 13
    start = "1ms"
    every = "3s"
    tcp {
      src     = "198.51.100.7"
      dst     = "10.0.1.${1 + 3 * i}"
      srcport = 40000 + 3 * i
      dstport = 8080
      flags   = "PA"
      seq     = 1
      ack     = 1
      payload = "GET /shell HTTP/1.0\r\n\r\n"
    }
  }
  alert "host_sweep" {
    count = 1
    key   = { "ip.src" = "198.51.100.7", "tcp.dstport" = 8080 }
  }
}

test "a peer-to-peer program stays quiet" {
  packets {
    count = 40
    every = "1s"
    tcp {
      src     = "10.0.0.5"
      dst     = "198.51.100.${1 + i}"
      srcport = 40000 + i
      dstport = 6881
    }
  }
  alert "host_sweep" {
    count = 0
  }
}

test "a browser that connects to 40 hosts at once, and then asks them, stays quiet" {
  packets {
    count = 40
    start = "0ms"
    every = "10ms"
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.${1 + i}"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    count = 40
    start = "500ms"
    every = "10ms"
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.${1 + i}"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      seq     = 1
      ack     = 1
      payload = "GET / HTTP/1.1\r\n\r\n"
    }
  }
  packets {
    count = 3
    start = "5000ms"
    every = "10ms"
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.${1 + i}"
      srcport = 41000 + i
      dstport = 80
      flags   = "S"
    }
  }
  others = "allow"
  alert "host_sweep" {
    count = 0
  }
}

test "a sweep of 40 web servers that asks nothing fires once its burst is over" {
  packets {
    count = 40
    start = "0ms"
    every = "100ms"
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.${1 + i}"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  others = "allow"
  alert "host_sweep" { count = 1 }
}

test "a monitor stays quiet" {
  set = { monitors = ["192.168.1.20"] }
  packets {
    count = 40
    start = "0ms"
    every = "100ms"
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.${1 + i}"
      srcport = 40000 + i
      dstport = 22
      flags   = "S"
    }
  }
  others = "allow"
  alert "host_sweep" {
    count = 0
  }
}

test "40 web servers at home in less than a second fire" {
  packets {
    count = 40
    every = "10ms"
    tcp {
      src     = "192.168.1.20"
      dst     = "192.168.2.${1 + i}"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  others = "allow"
  alert "host_sweep" { count = 1 }
}

test "peers of an Ethereum node stay quiet, and its neighbour port fires" {
  packets {
    count = 60
    every = "500ms"
    tcp {
      src     = "192.168.1.184"
      dst     = "203.0.113.${1 + floor(i / 2)}"
      srcport = 40000 + i
      dstport = 30303 + i % 2
      flags   = "S"
    }
  }
  others = "allow"
  alert "host_sweep" {
    count = 1
    key   = { "ip.src" = "192.168.1.184", "tcp.dstport" = 30304 }
  }
}

test "what came just under 60 s before counts" {
  packets {
    count = 24
    every = "1s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.${i + 1}"
      srcport = 40000
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    start = "59999ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.25"
      srcport = 40000
      dstport = 80
      flags   = "S"
    }
  }
  others = "allow"
  alert "host_sweep" {
    count = 1
  }
}

test "what came 60 s before no longer counts" {
  packets {
    count = 24
    every = "1s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.${i + 1}"
      srcport = 40000
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    start = "1m"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.25"
      srcport = 40000
      dstport = 80
      flags   = "S"
    }
  }
  others = "allow"
  alert "host_sweep" {
    count = 0
  }
}

test "ports of peers stay quiet" {
  packets {
    count = 60
    every = "100ms"
    tcp {
      src     = "198.51.100.1"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000 + i
      dstport = 4662
      flags   = "S"
    }
  }
  packets {
    count = 60
    every = "100ms"
    tcp {
      src     = "198.51.100.2"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000 + i
      dstport = 6346
      flags   = "S"
    }
  }
  packets {
    count = 60
    every = "100ms"
    tcp {
      src     = "198.51.100.3"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000 + i
      dstport = 6347
      flags   = "S"
    }
  }
  packets {
    count = 60
    every = "100ms"
    tcp {
      src     = "198.51.100.4"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000 + i
      dstport = 30303
      flags   = "S"
    }
  }
  packets {
    count = 60
    every = "100ms"
    tcp {
      src     = "198.51.100.5"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000 + i
      dstport = 51413
      flags   = "S"
    }
  }
  packets {
    count = 60
    every = "100ms"
    tcp {
      src     = "198.51.100.6"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000 + i
      dstport = 6881
      flags   = "S"
    }
  }
  packets {
    count = 60
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000 + i
      dstport = 6889
      flags   = "S"
    }
  }
  others = "allow"
  alert "host_sweep" {
    count = 0
  }
}

test "the ports beside these fire" {
  packets {
    count = 25
    every = "100ms"
    tcp {
      src     = "198.51.100.1"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000 + i
      dstport = 4661
      flags   = "S"
    }
  }
  packets {
    count = 25
    every = "100ms"
    tcp {
      src     = "198.51.100.2"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000 + i
      dstport = 4663
      flags   = "S"
    }
  }
  packets {
    count = 25
    every = "100ms"
    tcp {
      src     = "198.51.100.3"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000 + i
      dstport = 6345
      flags   = "S"
    }
  }
  packets {
    count = 25
    every = "100ms"
    tcp {
      src     = "198.51.100.4"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000 + i
      dstport = 6348
      flags   = "S"
    }
  }
  packets {
    count = 25
    every = "100ms"
    tcp {
      src     = "198.51.100.5"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000 + i
      dstport = 30302
      flags   = "S"
    }
  }
  packets {
    count = 25
    every = "100ms"
    tcp {
      src     = "198.51.100.6"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000 + i
      dstport = 30304
      flags   = "S"
    }
  }
  packets {
    count = 25
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000 + i
      dstport = 51412
      flags   = "S"
    }
  }
  packets {
    count = 25
    every = "100ms"
    tcp {
      src     = "198.51.100.8"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000 + i
      dstport = 51414
      flags   = "S"
    }
  }
  packets {
    count = 25
    every = "100ms"
    tcp {
      src     = "198.51.100.9"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000 + i
      dstport = 6880
      flags   = "S"
    }
  }
  packets {
    count = 25
    every = "100ms"
    tcp {
      src     = "198.51.100.10"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000 + i
      dstport = 6890
      flags   = "S"
    }
  }
  others = "allow"
  alert "host_sweep" {
    count = 10
  }
}

test "a page with parts on 99 hosts outside stays quiet, over HTTP and HTTPS" {
  packets {
    count = 99
    every = "5ms"
    tcp {
      src     = "192.168.1.20"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    count = 99
    every = "5ms"
    tcp {
      src     = "192.168.1.21"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000 + i
      dstport = 443
      flags   = "S"
    }
  }
  others = "allow"
  alert "host_sweep" {
    count = 0
  }
}

test "a hundred hosts at once fire" {
  packets {
    count = 100
    every = "5ms"
    tcp {
      src     = "192.168.1.20"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    count = 100
    every = "5ms"
    tcp {
      src     = "192.168.1.21"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000 + i
      dstport = 443
      flags   = "S"
    }
  }
  others = "allow"
  alert "host_sweep" {
    count = 2
  }
}

test "as many at once on other ports fire" {
  packets {
    count = 25
    every = "5ms"
    tcp {
      src     = "192.168.1.1"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000 + i
      dstport = 79
      flags   = "S"
    }
  }
  packets {
    count = 25
    every = "5ms"
    tcp {
      src     = "192.168.1.2"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000 + i
      dstport = 81
      flags   = "S"
    }
  }
  packets {
    count = 25
    every = "5ms"
    tcp {
      src     = "192.168.1.3"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000 + i
      dstport = 442
      flags   = "S"
    }
  }
  packets {
    count = 25
    every = "5ms"
    tcp {
      src     = "192.168.1.4"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000 + i
      dstport = 444
      flags   = "S"
    }
  }
  others = "allow"
  alert "host_sweep" {
    count = 4
  }
}

test "half of the hosts asked stay quiet" {
  packets {
    count = 13
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000 + i
      dstport = 8080
      flags   = "PA"
      payload = "GET / HTTP/1.1\r\n\r\n"
    }
  }
  packets {
    count = 25
    every = "100ms"
    start = "5s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000 + i
      dstport = 8080
      flags   = "S"
    }
  }
  others = "allow"
  alert "host_sweep" {
    count = 0
  }
}

test "less than half of the hosts asked fire" {
  packets {
    count = 12
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000 + i
      dstport = 8080
      flags   = "PA"
      payload = "GET / HTTP/1.1\r\n\r\n"
    }
  }
  packets {
    count = 25
    every = "100ms"
    start = "5s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000 + i
      dstport = 8080
      flags   = "S"
    }
  }
  others = "allow"
  alert "host_sweep" {
    count = 1
  }
}
