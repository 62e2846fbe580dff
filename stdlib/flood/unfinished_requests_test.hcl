test "the 25th request without an end fires" {
  packets {
    count = 25
    every = "1s"
    tcp {
      src     = "198.51.100.8"
      dst     = "10.0.0.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      seq     = 1
      ack     = 1
      payload = "GET /?${i} HTTP/1.1\r\nHost: www.example.com\r\n"
    }
  }
  others = "allow"
  alert "unfinished_requests" {
    count = 1
    key   = { "ip.dst" = "10.0.0.10", "tcp.dstport" = 80 }
    at    = "24s"
  }
}

test "from as many sources" {
  packets {
    count = 30
    every = "1s"
    tcp {
      src     = "203.0.113.${1 + i}"
      dst     = "10.0.0.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      seq     = 1
      ack     = 1
      payload = "GET /?${i} HTTP/1.1\r\nHost: www.example.com\r\n"
    }
  }
  others = "allow"
  alert "unfinished_requests" {
    count = 1
    at    = "24s"
  }
}

test "24 stay quiet" {
  packets {
    count = 24
    every = "1s"
    tcp {
      src     = "198.51.100.8"
      dst     = "10.0.0.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      seq     = 1
      ack     = 1
      payload = "GET /?${i} HTTP/1.1\r\nHost: www.example.com\r\n"
    }
  }
  others = "allow"
  alert "unfinished_requests" {
    count = 0
  }
}

test "requests that end stay quiet" {
  packets {
    count = 60
    every = "1s"
    tcp {
      src     = "198.51.100.8"
      dst     = "10.0.0.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      seq     = 1
      ack     = 1
      payload = "GET /?${i} HTTP/1.1\r\nHost: www.example.com\r\n\r\n"
    }
  }
  others = "allow"
  alert "unfinished_requests" {
    count = 0
  }
}

test "the first segments of long requests stay quiet" {
  packets {
    count = 60
    every = "1s"
    tcp {
      src     = "198.51.100.8"
      dst     = "10.0.0.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      seq     = 1
      ack     = 1
      payload = "GET /${join("", [for n in range(80) : "cookies-"])} HTTP/1.1\r\n"
    }
  }
  others = "allow"
  alert "unfinished_requests" {
    count = 0
  }
}

test "slowhttptest" {
  pcap   = "../../testdata/pcap/slowhttptest.pcap.gz"
  others = "allow"
  alert "unfinished_requests" {
    min = 1
    key = { "ip.dst" = "10.0.0.10" }
  }
}
