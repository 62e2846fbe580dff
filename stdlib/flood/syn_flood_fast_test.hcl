test "the hundredth SYN fires" {
  packets {
    count = 100
    every = "10ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    count = 100
    start = "5ms"
    every = "10ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "R"
    }
  }
  alert "syn_flood_fast" {
    count = 1
    key   = { "ip.src" = "198.51.100.7" }
    at    = "990ms"
  }
}

test "99 SYN stay quiet" {
  packets {
    count = 99
    every = "10ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    count = 99
    start = "5ms"
    every = "10ms"
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

test "a SYN exactly 1 s ago no longer counts" {
  packets {
    count = 99
    every = "10ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    count = 99
    start = "5ms"
    every = "10ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "R"
    }
  }
  packets {
    start = "1s"
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

test "a SYN just under 1 s ago counts" {
  packets {
    count = 99
    every = "10ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    count = 99
    start = "5ms"
    every = "10ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "R"
    }
  }
  packets {
    start = "999ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  alert "syn_flood_fast" {
    count = 1
    at    = "999ms"
  }
}

test "99 SYN and their answers stay quiet" {
  packets {
    count = 99
    every = "10ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    count = 99
    start = "1ms"
    every = "10ms"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 80
      dstport = 40000 + i
      flags   = "SA"
    }
  }
  packets {
    count = 99
    start = "5ms"
    every = "10ms"
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

test "a steady 100 a second is found although a second never holds more" {
  packets {
    count = 150
    every = "10ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    count = 150
    start = "5ms"
    every = "10ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "R"
    }
  }
  alert "syn_flood_fast" {
    count = 1
    at    = "990ms"
  }
}

test "IPv6" {
  packets {
    count = 100
    every = "10ms"
    tcp {
      src     = "2001:db8:7::1"
      dst     = "2001:db8::10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    count = 100
    start = "5ms"
    every = "10ms"
    tcp {
      src     = "2001:db8:7::1"
      dst     = "2001:db8::10"
      srcport = 40000 + i
      dstport = 80
      flags   = "R"
    }
  }
  alert "syn_flood_fast" {
    count = 1
    key   = { "ip.src" = "2001:db8:7::1" }
    at    = "990ms"
  }
}

test "hping3 -S" {
  pcap = "../../testdata/pcap/hping3-syn-flood.pcap"
  alert "syn_flood_fast" {
    key = { "ip.src" = "198.51.100.8" }
  }
  alert "syn_flood" {
    key = { "ip.src" = "198.51.100.8" }
  }
  alert "syn_flood_crafted" {}
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
  alert "syn_flood_fast" {
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
  alert "syn_flood_fast" {
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
  alert "syn_flood_fast" {
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
  alert "syn_flood_fast" {
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
  alert "syn_flood_fast" {
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
  alert "syn_flood_fast" {
    count = 1
  }
}

test "caches at home stay quiet" {
  packets {
    count = 100
    every = "5ms"
    tcp {
      src     = "10.0.0.1"
      dst     = "10.0.1.1"
      srcport = 40000 + i
      dstport = 6379
      flags   = "S"
    }
  }
  packets {
    count = 100
    every = "5ms"
    tcp {
      src     = "10.0.0.2"
      dst     = "10.0.1.1"
      srcport = 40000 + i
      dstport = 11211
      flags   = "S"
    }
  }
  others = "allow"
  alert "syn_flood_fast" {
    count = 0
  }
}

test "ports beside theirs, and caches of others, fire" {
  packets {
    count = 100
    every = "5ms"
    tcp {
      src     = "10.0.0.1"
      dst     = "10.0.1.1"
      srcport = 40000 + i
      dstport = 6378
      flags   = "S"
    }
  }
  packets {
    count = 100
    every = "5ms"
    tcp {
      src     = "10.0.0.2"
      dst     = "10.0.1.1"
      srcport = 40000 + i
      dstport = 6380
      flags   = "S"
    }
  }
  packets {
    count = 100
    every = "5ms"
    tcp {
      src     = "10.0.0.3"
      dst     = "10.0.1.1"
      srcport = 40000 + i
      dstport = 11210
      flags   = "S"
    }
  }
  packets {
    count = 100
    every = "5ms"
    tcp {
      src     = "10.0.0.4"
      dst     = "10.0.1.1"
      srcport = 40000 + i
      dstport = 11212
      flags   = "S"
    }
  }
  packets {
    count = 100
    every = "5ms"
    tcp {
      src     = "10.0.0.9"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 6379
      flags   = "S"
    }
  }
  packets {
    count = 100
    every = "5ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "10.0.1.1"
      srcport = 40000 + i
      dstport = 6379
      flags   = "S"
    }
  }
  others = "allow"
  alert "syn_flood_fast" {
    count = 6
  }
}

test "a load generator that asks for something on each connection stays quiet" {
  packets {
    count = 300
    start = "0ms"
    every = "5ms"
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
    every = "5ms"
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
  alert "syn_flood_fast" {
    count = 0
  }
}

test "requests again and again on a few connections hide no flood" {
  packets {
    count = 300
    start = "0ms"
    every = "5ms"
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
    every = "5ms"
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
  alert "syn_flood_fast" {
    min = 1
  }
}

test "pieces of heads, as slow HTTP sends, are no use of a connection" {
  packets {
    count = 300
    start = "0ms"
    every = "5ms"
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
    every = "5ms"
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
  alert "syn_flood_fast" {
    min = 1
  }
}

test "a flood of 100 SYN, 49 of which began connections that were used, fires" {
  packets {
    count = 100
    every = "4ms"
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
    count = 49
    start = "1ms"
    every = "4ms"
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
  alert "syn_flood_fast" { count = 1 }
}

test "with 50 used it stays quiet" {
  packets {
    count = 100
    every = "4ms"
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
    count = 50
    start = "1ms"
    every = "4ms"
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
  alert "syn_flood_fast" { count = 0 }
}
