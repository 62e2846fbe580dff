test "the fifth request with SQL fires" {
  packets {
    count = 5
    every = "1s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.80"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      payload = "GET /?id=1%20UNION%20ALL%20SELECT%20NULL${i} HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: Mozilla/5.0\r\n\r\n"
    }
  }
  alert "http_sql_injection" {
    count = 1
    key   = { "ip.src" = "198.51.100.7", "ip.dst" = "192.0.2.80" }
    at    = "4s"
  }
}

test "four requests stay quiet" {
  packets {
    count = 4
    every = "1s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.80"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      payload = "GET /?id=1%20UNION%20ALL%20SELECT%20NULL${i} HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: Mozilla/5.0\r\n\r\n"
    }
  }
  quiet = true
}

test "words of SQL in a search stay quiet" {
  packets {
    count = 60
    every = "500ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.80"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      payload = "GET /search?q=select%20a%20union%20or%20sleep+and+order+by+post&from=o%27neil HTTP/1.1\r\nHost: www.example.com\r\n\r\n"
    }
  }
  quiet = true
}

test "what came just under 60 s before counts" {
  packets {
    count = 4
    every = "1s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.80"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      payload = "GET /?id=1%20UNION%20ALL%20SELECT%20NULL${i} HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: Mozilla/5.0\r\n\r\n"
    }
  }
  packets {
    start = "59999ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.80"
      srcport = 40004
      dstport = 80
      flags   = "PA"
      payload = "GET /?id=1%20UNION%20ALL%20SELECT%20NULL4 HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: Mozilla/5.0\r\n\r\n"
    }
  }
  others = "allow"
  alert "http_sql_injection" {
    count = 1
  }
}

test "what came 60 s before no longer counts" {
  packets {
    count = 4
    every = "1s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.80"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      payload = "GET /?id=1%20UNION%20ALL%20SELECT%20NULL${i} HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: Mozilla/5.0\r\n\r\n"
    }
  }
  packets {
    start = "1m"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.80"
      srcport = 40004
      dstport = 80
      flags   = "PA"
      payload = "GET /?id=1%20UNION%20ALL%20SELECT%20NULL4 HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: Mozilla/5.0\r\n\r\n"
    }
  }
  others = "allow"
  alert "http_sql_injection" {
    count = 0
  }
}
