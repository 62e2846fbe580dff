test "the two hundredth SYN fires" {
  packets {
    count = 200
    every = "20ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    count = 200
    start = "10ms"
    every = "20ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "R"
    }
  }
  alert "syn_flood" {
    count = 1
    key   = { "ip.src" = "198.51.100.7" }
    at    = "3980ms"
  }
}

test "199 SYN stay quiet" {
  packets {
    count = 199
    every = "20ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    count = 199
    start = "10ms"
    every = "20ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "R"
    }
  }
  quiet = true
}

test "a SYN exactly 5 s ago no longer counts" {
  packets {
    count = 199
    every = "20ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    count = 199
    start = "10ms"
    every = "20ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "R"
    }
  }
  packets {
    start = "5s"
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

test "a SYN just under 5 s ago counts" {
  packets {
    count = 199
    every = "20ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    count = 199
    start = "10ms"
    every = "20ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "R"
    }
  }
  packets {
    start = "4999ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  alert "syn_flood" {
    count = 1
    at    = "4999ms"
  }
}

test "two sources with 199 SYN together stay quiet" {
  packets {
    count = 199
    every = "20ms"
    tcp {
      src     = "198.51.100.${7 + i % 2}"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    count = 199
    start = "10ms"
    every = "20ms"
    tcp {
      src     = "198.51.100.${7 + i % 2}"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "R"
    }
  }
  quiet = true
}

test "the answers of a busy server stay quiet" {
  packets {
    count = 1000
    every = "5ms"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 443
      dstport = 40000 + i % 1000
      flags   = "SA"
    }
  }
  quiet = true
}

test "a flood that ends nothing is unbalanced too" {
  packets {
    count = 200
    every = "20ms"
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
    at    = "980ms"
  }
  alert "syn_flood" {
    count = 1
    at    = "3980ms"
  }
}

test "IPv6" {
  packets {
    count = 200
    every = "20ms"
    tcp {
      src     = "2001:db8:7::1"
      dst     = "2001:db8::10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    count = 200
    start = "10ms"
    every = "20ms"
    tcp {
      src     = "2001:db8:7::1"
      dst     = "2001:db8::10"
      srcport = 40000 + i
      dstport = 80
      flags   = "R"
    }
  }
  alert "syn_flood" {
    count = 1
    key   = { "ip.src" = "2001:db8:7::1" }
    at    = "3980ms"
  }
}

test "hping3 -S" {
  pcap = "../../testdata/pcap/hping3-syn-flood.pcap"
  alert "syn_flood" {
    key = { "ip.src" = "198.51.100.8" }
  }
  alert "syn_flood_fast" {
    key = { "ip.src" = "198.51.100.8" }
  }
  alert "syn_flood_crafted" {}
}

test "web pages" {
  pcap  = "../../testdata/pcap/curl-benign.pcap"
  quiet = true
}

test "a page with parts on 40 web servers, six connections to each, each of which is asked, stays quiet" {
  packets {
    count = 240
    start = "0ms"
    every = "4ms"
    tcp {
      src     = "10.0.0.30"
      dst     = "203.0.113.${i % 40 + 1}"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    count = 40
    start = "2ms"
    every = "4ms"
    tcp {
      src     = "10.0.0.30"
      dst     = "203.0.113.${i + 1}"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      seq     = 1
      ack     = 1
      payload = "GET / HTTP/1.1\r\n\r\n"
    }
  }
  others = "allow"
  alert "syn_flood" {
    count = 0
  }
}

test "six connections to each of 40 web servers that are asked nothing fire" {
  packets {
    count = 240
    start = "0ms"
    every = "4ms"
    tcp {
      src     = "10.0.0.30"
      dst     = "203.0.113.${i % 40 + 1}"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  others = "allow"
  alert "syn_flood" {
    count = 1
  }
}

test "seven connections to each of 40 web servers fire" {
  packets {
    count = 280
    start = "0ms"
    every = "4ms"
    tcp {
      src     = "10.0.0.30"
      dst     = "203.0.113.${i % 40 + 1}"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    count = 40
    start = "2ms"
    every = "4ms"
    tcp {
      src     = "10.0.0.30"
      dst     = "203.0.113.${i + 1}"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      seq     = 1
      ack     = 1
      payload = "GET / HTTP/1.1\r\n\r\n"
    }
  }
  others = "allow"
  alert "syn_flood" {
    count = 1
  }
}

test "a program without a pool that connects to Redis for each request stays quiet" {
  packets {
    count = 300
    start = "0ms"
    every = "3ms"
    tcp {
      src     = "10.0.0.30"
      dst     = "10.0.0.26"
      srcport = 40000 + i
      dstport = 6379
      flags   = "S"
    }
  }
  others = "allow"
  alert "syn_flood" {
    count = 0
  }
}

test "connections from outside to a cache fire" {
  packets {
    count = 300
    start = "0ms"
    every = "3ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "10.0.0.26"
      srcport = 40000 + i
      dstport = 6379
      flags   = "S"
    }
  }
  others = "allow"
  alert "syn_flood" {
    count = 1
  }
}

test "connections at home to another port fire" {
  packets {
    count = 300
    start = "0ms"
    every = "3ms"
    tcp {
      src     = "10.0.0.30"
      dst     = "10.0.0.26"
      srcport = 40000 + i
      dstport = 6380
      flags   = "S"
    }
  }
  others = "allow"
  alert "syn_flood" {
    count = 1
  }
}

test "what came just under 5 s before counts" {
  packets {
    count = 199
    every = "20ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    start = "4999ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40199
      dstport = 80
      flags   = "S"
    }
  }
  others = "allow"
  alert "syn_flood" {
    count = 1
  }
}

test "what came 5 s before no longer counts" {
  packets {
    count = 199
    every = "20ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    start = "5s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40199
      dstport = 80
      flags   = "S"
    }
  }
  others = "allow"
  alert "syn_flood" {
    count = 0
  }
}

test "caches at home stay quiet" {
  packets {
    count = 200
    every = "10ms"
    tcp {
      src     = "10.0.0.1"
      dst     = "10.0.1.1"
      srcport = 40000 + i
      dstport = 6379
      flags   = "S"
    }
  }
  packets {
    count = 200
    every = "10ms"
    tcp {
      src     = "10.0.0.2"
      dst     = "10.0.1.1"
      srcport = 40000 + i
      dstport = 11211
      flags   = "S"
    }
  }
  others = "allow"
  alert "syn_flood" {
    count = 0
  }
}

test "ports beside theirs, and caches of others, fire" {
  packets {
    count = 200
    every = "10ms"
    tcp {
      src     = "10.0.0.1"
      dst     = "10.0.1.1"
      srcport = 40000 + i
      dstport = 6378
      flags   = "S"
    }
  }
  packets {
    count = 200
    every = "10ms"
    tcp {
      src     = "10.0.0.2"
      dst     = "10.0.1.1"
      srcport = 40000 + i
      dstport = 6380
      flags   = "S"
    }
  }
  packets {
    count = 200
    every = "10ms"
    tcp {
      src     = "10.0.0.3"
      dst     = "10.0.1.1"
      srcport = 40000 + i
      dstport = 11210
      flags   = "S"
    }
  }
  packets {
    count = 200
    every = "10ms"
    tcp {
      src     = "10.0.0.4"
      dst     = "10.0.1.1"
      srcport = 40000 + i
      dstport = 11212
      flags   = "S"
    }
  }
  packets {
    count = 200
    every = "10ms"
    tcp {
      src     = "10.0.0.9"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 6379
      flags   = "S"
    }
  }
  packets {
    count = 200
    every = "10ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "10.0.1.1"
      srcport = 40000 + i
      dstport = 6379
      flags   = "S"
    }
  }
  others = "allow"
  alert "syn_flood" {
    count = 6
  }
}

test "a load generator that asks for something on each connection stays quiet" {
  packets {
    count = 300
    start = "0ms"
    every = "10ms"
    tcp {
      src     = "192.168.1.3"
      dst     = "192.168.1.5"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    count = 300
    start = "1ms"
    every = "10ms"
    tcp {
      src     = "192.168.1.3"
      dst     = "192.168.1.5"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      seq     = 1
      ack     = 1
      payload = "GET / HTTP/1.1\r\n\r\n"
    }
  }
  others = "allow"
  alert "syn_flood" {
    count = 0
  }
}

test "requests again and again on a few connections hide no flood" {
  packets {
    count = 300
    start = "0ms"
    every = "10ms"
    tcp {
      src     = "192.168.1.3"
      dst     = "192.168.1.5"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    count = 300
    start = "1ms"
    every = "10ms"
    tcp {
      src     = "192.168.1.3"
      dst     = "192.168.1.5"
      srcport = 40000 + i % 20
      dstport = 80
      flags   = "PA"
      seq     = 1 + i
      ack     = 1
      payload = "GET / HTTP/1.1\r\n\r\n"
    }
  }
  others = "allow"
  alert "syn_flood" {
    min = 1
  }
}

test "pieces of heads, as slow HTTP sends, are no use of a connection" {
  packets {
    count = 300
    start = "0ms"
    every = "10ms"
    tcp {
      src     = "192.168.1.3"
      dst     = "192.168.1.5"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    count = 300
    start = "1ms"
    every = "10ms"
    tcp {
      src     = "192.168.1.3"
      dst     = "192.168.1.5"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      seq     = 1
      ack     = 1
      payload = "GET / HTTP/1.1\r\n"
    }
  }
  others = "allow"
  alert "syn_flood" {
    min = 1
  }
}

test "a flood of a minute and a half is told twice" {
  packets {
    count = 4500
    every = "20ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  alert "syn_flood" { count = 2 }
  others = "allow"
}

test "a flood of 200 SYN, 99 of which began connections that were used, fires" {
  packets {
    count = 200
    every = "10ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 10000 + i
      dstport = 80
      flags   = "S"
      seq     = i
    }
  }
  packets {
    count = 99
    start = "1ms"
    every = "10ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 10000 + i
      dstport = 80
      flags   = "PA"
      seq     = i + 1
      payload = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"
    }
  }
  others = "allow"
  alert "syn_flood" { count = 1 }
}

test "with 100 used it stays quiet" {
  packets {
    count = 200
    every = "10ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 10000 + i
      dstport = 80
      flags   = "S"
      seq     = i
    }
  }
  packets {
    count = 100
    start = "1ms"
    every = "10ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 10000 + i
      dstport = 80
      flags   = "PA"
      seq     = i + 1
      payload = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n"
    }
  }
  others = "allow"
  alert "syn_flood" { count = 0 }
}
