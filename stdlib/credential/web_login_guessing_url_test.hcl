test "the tenth address with another password fires, on whichever port" {
  packets {
    count = 10
    every = "3s"
    tcp {
      src     = "198.51.100.22"
      dst     = "192.0.2.80"
      srcport = 40000 + i
      dstport = 2023
      flags   = "PA"
      payload = "GET /brute/?username=admin&password=word${i}&Login=Login HTTP/1.0\r\nHost: www.example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: */*\r\n\r\n"
    }
  }
  alert "web_login_guessing_url" {
    count = 1
    key   = { "ip.src" = "198.51.100.22", "ip.dst" = "192.0.2.80", "tcp.dstport" = 2023 }
    at    = "27s"
  }
}

test "nine addresses stay quiet" {
  packets {
    count = 9
    every = "3s"
    tcp {
      src     = "198.51.100.22"
      dst     = "192.0.2.80"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      payload = "GET /brute/?username=admin&password=word${i}&Login=Login HTTP/1.0\r\nHost: www.example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: */*\r\n\r\n"
    }
  }
  quiet = true
}

test "a camera that is asked for its picture, and pages about passwords, stay quiet" {
  packets {
    count = 60
    every = "500ms"
    tcp {
      src     = "198.51.100.22"
      dst     = "192.0.2.80"
      srcport = 40000 + i
      dstport = 88
      flags   = "PA"
      payload = "GET /snapshot.cgi?user=viewer&pwd=secret HTTP/1.0\r\nHost: www.example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: */*\r\n\r\n"
    }
  }
  packets {
    count = 60
    every = "500ms"
    tcp {
      src     = "198.51.100.22"
      dst     = "192.0.2.80"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      payload = "GET /search?q=forgot+my+password&page=${i} HTTP/1.0\r\nHost: www.example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: */*\r\n\r\n"
    }
  }
  quiet = true
}

test "what came just under 60 s before counts" {
  packets {
    count = 9
    every = "3s"
    tcp {
      src     = "198.51.100.22"
      dst     = "192.0.2.80"
      srcport = 40000 + i
      dstport = 2023
      flags   = "PA"
      payload = "GET /brute/?username=admin&password=word${i}&Login=Login HTTP/1.0\r\nHost: www.example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: */*\r\n\r\n"
    }
  }
  packets {
    start = "59999ms"
    tcp {
      src     = "198.51.100.22"
      dst     = "192.0.2.80"
      srcport = 40009
      dstport = 2023
      flags   = "PA"
      payload = "GET /brute/?username=admin&password=word9&Login=Login HTTP/1.0\r\nHost: www.example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: */*\r\n\r\n"
    }
  }
  others = "allow"
  alert "web_login_guessing_url" {
    count = 1
  }
}

test "what came 60 s before no longer counts" {
  packets {
    count = 9
    every = "3s"
    tcp {
      src     = "198.51.100.22"
      dst     = "192.0.2.80"
      srcport = 40000 + i
      dstport = 2023
      flags   = "PA"
      payload = "GET /brute/?username=admin&password=word${i}&Login=Login HTTP/1.0\r\nHost: www.example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: */*\r\n\r\n"
    }
  }
  packets {
    start = "1m"
    tcp {
      src     = "198.51.100.22"
      dst     = "192.0.2.80"
      srcport = 40009
      dstport = 2023
      flags   = "PA"
      payload = "GET /brute/?username=admin&password=word9&Login=Login HTTP/1.0\r\nHost: www.example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: */*\r\n\r\n"
    }
  }
  others = "allow"
  alert "web_login_guessing_url" {
    count = 0
  }
}

test "addresses that differ in their 96th byte are different" {
  packets {
    count = 10
    every = "1s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      payload = "GET /?pass=${repeat("a", 88)}${i} HTTP/1.1\r\n\r\n"
    }
  }
  others = "allow"
  alert "web_login_guessing_url" {
    count = 1
  }
}

test "addresses that differ in their 97th byte are one" {
  packets {
    count = 10
    every = "1s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      payload = "GET /?pass=${repeat("a", 89)}${i} HTTP/1.1\r\n\r\n"
    }
  }
  others = "allow"
  alert "web_login_guessing_url" {
    count = 0
  }
}
