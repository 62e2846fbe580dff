test "the sixth password fires" {
  packets {
    count = 6
    every = "5s"
    tcp {
      src     = "198.51.100.22"
      dst     = "10.0.0.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      seq     = 1
      ack     = 1
      payload = "GET / HTTP/1.1\r\nHost: 10.0.0.10\r\nAuthorization: Basic YWRtaW46cGFzc3dk${10 + i}\r\n\r\n"
    }
  }
  alert "http_basic_guessing" {
    count = 1
    key   = { "ip.src" = "198.51.100.22", "ip.dst" = "10.0.0.10" }
    at    = "25s"
  }
}

test "five stay quiet" {
  packets {
    count = 5
    every = "5s"
    tcp {
      src     = "198.51.100.22"
      dst     = "10.0.0.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      seq     = 1
      ack     = 1
      payload = "GET / HTTP/1.1\r\nHost: 10.0.0.10\r\nAuthorization: Basic YWRtaW46cGFzc3dk${10 + i}\r\n\r\n"
    }
  }
  quiet = true
}

test "one password for many pages, and for one again and again, stays quiet" {
  packets {
    count = 11
    every = "5s"
    tcp {
      src     = "198.51.100.22"
      dst     = "10.0.0.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      seq     = 1
      ack     = 1
      payload = "GET /status/${i} HTTP/1.1\r\nHost: 10.0.0.10\r\nAuthorization: Basic YWRtaW46cGFzc3dk\r\n\r\n"
    }
  }
  packets {
    count = 11
    every = "5s"
    tcp {
      src     = "198.51.100.23"
      dst     = "10.0.0.10"
      srcport = 41000 + i
      dstport = 80
      flags   = "PA"
      seq     = 1
      ack     = 1
      payload = "GET / HTTP/1.1\r\nHost: 10.0.0.10\r\nAuthorization: Basic YWRtaW46cGFzc3dk\r\n\r\n"
    }
  }
  quiet = true
}
