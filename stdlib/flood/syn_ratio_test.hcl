test "the fiftieth attempt fires when nothing is ended" {
  packets {
    count = 50
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  alert "syn_ratio" {
    count = 1
    key   = { "ip.src" = "198.51.100.7" }
    at    = "4900ms"
  }
}

test "49 attempts stay quiet" {
  packets {
    count = 49
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  quiet = true
}

test "more than three times as many attempts as ends fire" {
  packets {
    count = 17
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "FA"
    }
  }
  packets {
    count = 52
    start = "2s"
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  alert "syn_ratio" {
    count = 1
    at    = "7100ms"
  }
}

test "three times as many are not more than three times" {
  packets {
    count = 17
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "R"
    }
  }
  packets {
    count = 51
    start = "2s"
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  quiet = true
}

test "FIN and RST count together" {
  packets {
    count = 9
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "FA"
    }
  }
  packets {
    count = 8
    start = "1s"
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "R"
    }
  }
  packets {
    count = 51
    start = "2s"
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  quiet = true
}

test "a client that ends what it opens stays quiet" {
  packets {
    count = 140
    every = "200ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    count = 140
    start = "100ms"
    every = "200ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "FA"
    }
  }
  quiet = true
}

test "what the other side ends does not count" {
  packets {
    count = 50
    every = "100ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    count = 50
    start = "50ms"
    every = "100ms"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 40000 + i
      dstport = 80
      flags   = "FA"
    }
  }
  alert "syn_ratio" {
    count = 1
    key   = { "ip.src" = "198.51.100.7" }
    at    = "4900ms"
  }
}

test "an attempt exactly 30 s ago no longer counts" {
  packets {
    count = 49
    every = "500ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    start = "30s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  quiet = true
}

test "IPv6" {
  packets {
    count = 50
    every = "100ms"
    tcp {
      src     = "2001:db8:7::1"
      dst     = "2001:db8::10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  alert "syn_ratio" {
    count = 1
    key   = { "ip.src" = "2001:db8:7::1" }
    at    = "4900ms"
  }
}

# The window is kept in panes of at most 30 s / 64, so that the oldest half second may be left out.
test "an attempt 29.5 s ago counts" {
  packets {
    count = 49
    every = "500ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    start = "29500ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 80
      flags   = "S"
    }
  }
  alert "syn_ratio" {
    count = 1
    at    = "29500ms"
  }
}

test "nmap resets only what is open" {
  pcap   = "../../testdata/pcap/nmap-syn-1000.pcap.gz"
  others = "allow"
  alert "syn_ratio" {
    key = { "ip.src" = "198.51.100.7" }
  }
}

test "curl ends what it opens" {
  pcap  = "../../testdata/pcap/curl-benign.pcap"
  quiet = true
}

test "a browser that holds 60 connections to twelve hosts that it has asked stays quiet" {
  packets {
    count = 60
    start = "0ms"
    every = "200ms"
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.${i % 12 + 1}"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    count = 60
    start = "50ms"
    every = "200ms"
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.${i % 12 + 1}"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      seq     = 1
      ack     = 1
      payload = "GET / HTTP/1.1\r\n\r\n"
    }
  }
  quiet = true
}

test "60 connections to one host that were asked on fire: it reads slowly" {
  packets {
    count = 60
    start = "0ms"
    every = "200ms"
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.9"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    count = 60
    start = "50ms"
    every = "200ms"
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.9"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      seq     = 1
      ack     = 1
      payload = "GET / HTTP/1.1\r\n\r\n"
    }
  }
  others = "allow"
  alert "syn_ratio" { count = 1 }
}

test "a peer-to-peer program of ours whose peers are gone stays quiet" {
  packets {
    count = 200
    every = "100ms"
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.${1 + i % 50}"
      srcport = 50000 + i % 50
      dstport = 6000 + 331 * (i % 50)
      flags   = "S"
    }
  }
  alert "syn_ratio" {
    count = 0
  }
  others = "allow"
}

test "as many SYN of ours to ports below 1024 outside, or to high ports within, fire" {
  packets {
    count = 50
    every = "500ms"
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.${1 + i % 8}"
      srcport = 50000 + i
      dstport = 1023
      flags   = "S"
    }
  }
  packets {
    count = 50
    every = "500ms"
    tcp {
      src     = "192.168.1.21"
      dst     = "192.168.1.9"
      srcport = 50000 + i
      dstport = 6000
      flags   = "S"
    }
  }
  alert "syn_ratio" {
    count = 2
    at    = "24.5s"
  }
}

test "low ports outside, and all inside, fire" {
  packets {
    count = 50
    every = "100ms"
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.${1 + i}"
      srcport = 40000 + i
      dstport = 1023
      flags   = "S"
    }
  }
  packets {
    count = 50
    every = "100ms"
    tcp {
      src     = "192.168.1.21"
      dst     = "192.168.2.${1 + i}"
      srcport = 40000 + i
      dstport = 1024
      flags   = "S"
    }
  }
  others = "allow"
  alert "syn_ratio" {
    count = 2
  }
}

test "high ports outside stay quiet" {
  packets {
    count = 60
    every = "100ms"
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.${1 + i}"
      srcport = 40000 + i
      dstport = 1024
      flags   = "S"
    }
  }
  others = "allow"
  alert "syn_ratio" {
    count = 0
  }
}

test "six for each server that was asked stay quiet" {
  packets {
    count = 9
    every = "10ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      payload = "GET / HTTP/1.1\r\n\r\n"
    }
  }
  packets {
    count = 54
    every = "100ms"
    start = "1s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  others = "allow"
  alert "syn_ratio" {
    count = 0
  }
}

test "one more than six for each fires" {
  packets {
    count = 9
    every = "10ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.${1 + i}"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      payload = "GET / HTTP/1.1\r\n\r\n"
    }
  }
  packets {
    count = 55
    every = "100ms"
    start = "1s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  others = "allow"
  alert "syn_ratio" {
    count = 1
  }
}

test "a client whose server is down sends each SYN three times, and stays quiet" {
  packets {
    count = 72
    every = "200ms"
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.94"
      srcport = 50000 + i % 24
      dstport = 80
      seq     = 1000 + i % 24
      flags   = "S"
    }
  }
  quiet = true
}

test "one SYN that is sent fifty times fires: no client repeats it so often" {
  packets {
    count = 50
    every = "200ms"
    tcp {
      src     = "192.168.1.20"
      dst     = "192.168.1.94"
      srcport = 50000
      dstport = 80
      seq     = 1000
      flags   = "S"
    }
  }
  alert "syn_ratio" { count = 1 }
}

test "a browser that uses ten connections to each of five web servers and twenty to one stays quiet" {
  packets {
    count = 60
    every = "100ms"
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.${i < 50 ? i % 5 + 1 : 1}"
      srcport = 50000 + i
      dstport = 80
      seq     = 1000 + i
      flags   = "S"
    }
  }
  packets {
    count = 60
    start = "50ms"
    every = "100ms"
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.${i < 50 ? i % 5 + 1 : 1}"
      srcport = 50000 + i
      dstport = 80
      flags   = "PA"
      seq     = 1001 + i
      ack     = 1
      payload = "GET / HTTP/1.1\r\n\r\n"
    }
  }
  quiet = true
}

test "a host that asks five web servers and floods a sixth fires" {
  packets {
    count = 5
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.${i + 1}"
      srcport = 50000 + i
      dstport = 80
      flags   = "PA"
      seq     = 1
      ack     = 1
      payload = "GET / HTTP/1.1\r\n\r\n"
    }
  }
  packets {
    count = 60
    start = "1s"
    every = "100ms"
    tcp {
      src     = "192.168.1.20"
      dst     = "192.168.1.9"
      srcport = 51000 + i
      dstport = 80
      seq     = 1000 + i
      flags   = "S"
    }
  }
  alert "syn_ratio" { count = 1 }
}

test "a system of ours that tries web servers outside where there is no way to them stays quiet, up to 7 a second" {
  packets {
    count = 199
    every = "150ms"
    tcp {
      src     = "fd00:2003:4::bb1d"
      dst     = "2001:db8::${i % 5 + 1}"
      srcport = 50000 + i
      dstport = 443
      seq     = 1000 + i
      flags   = "S"
    }
  }
  quiet = true
}

test "200 tries in 30 s fire" {
  packets {
    count = 200
    every = "140ms"
    tcp {
      src     = "fd00:2003:4::bb1d"
      dst     = "2001:db8::${i % 5 + 1}"
      srcport = 50000 + i
      dstport = 443
      seq     = 1000 + i
      flags   = "S"
    }
  }
  alert "syn_ratio" { count = 1 }
}

test "eight tries that are repeated fire with the fiftieth SYN, nine with the 250th" {
  packets {
    count = 100
    every = "100ms"
    tcp {
      src     = "192.168.1.20"
      dst     = "192.168.1.94"
      srcport = 50000 + i % 8
      dstport = 80
      seq     = 1000
      flags   = "S"
    }
  }
  packets {
    count = 249
    every = "100ms"
    tcp {
      src     = "192.168.1.21"
      dst     = "192.168.1.94"
      srcport = 50000 + i % 9
      dstport = 80
      seq     = 1000
      flags   = "S"
    }
  }
  packets {
    count = 250
    every = "100ms"
    tcp {
      src     = "192.168.1.22"
      dst     = "192.168.1.94"
      srcport = 50000 + i % 9
      dstport = 80
      seq     = 1000
      flags   = "S"
    }
  }
  others = "allow"
  alert "syn_ratio" {
    count = 1
    key   = { "ip.src" = "192.168.1.20" }
    at    = "4.9s"
  }
  alert "syn_ratio" {
    count = 0
    key   = { "ip.src" = "192.168.1.21" }
  }
  alert "syn_ratio" {
    count = 1
    key   = { "ip.src" = "192.168.1.22" }
    at    = "24.9s"
  }
}
