test "the twentieth password of a form fires" {
  packets {
    count = 20
    every = "1s"
    tcp {
      src     = "198.51.100.22"
      dst     = "192.0.2.80"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      payload = "POST /login HTTP/1.1\r\nHost: www.example.com\r\n\r\nuser=admin&pass=word${i}"
    }
  }
  alert "web_login_guessing" {
    count = 1
    key   = { "ip.src" = "198.51.100.22", "ip.dst" = "192.0.2.80", "tcp.dstport" = 80 }
    at    = "19s"
  }
}

test "a body of JSON, behind the head, fires" {
  packets {
    count = 20
    every = "1s"
    tcp {
      src     = "198.51.100.22"
      dst     = "192.0.2.80"
      srcport = 40000 + i
      dstport = 8080
      flags   = "PA"
      payload = "{\"user\": \"admin\", \"password\": \"word${i}\"}"
    }
  }
  alert "web_login_guessing" {
    count = 1
    at    = "19s"
  }
}

test "19 passwords stay quiet" {
  packets {
    count = 19
    every = "1s"
    tcp {
      src     = "198.51.100.22"
      dst     = "192.0.2.80"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      payload = "POST /login HTTP/1.1\r\nHost: www.example.com\r\n\r\nuser=admin&pass=word${i}"
    }
  }
  quiet = true
}

test "other forms, pages with such a word, and what a proxy passes on stay quiet" {
  packets {
    count = 60
    every = "200ms"
    tcp {
      src     = "198.51.100.22"
      dst     = "192.0.2.80"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      payload = [
        "POST /comment HTTP/1.1\r\nHost: www.example.com\r\n\r\ntext=the+password+is+wrong&compass=1",
        "GET /help?topic=password HTTP/1.1\r\nHost: www.example.com\r\n\r\n",
        "POST /login HTTP/1.1\r\nHost: www.example.com\r\nX-Forwarded-For: 203.0.113.${i}\r\n\r\nuser=u${i}&pass=word${i}",
      ][i % 3]
    }
  }
  quiet = true
}

test "what came just under 60 s before counts" {
  packets {
    count = 19
    every = "1s"
    tcp {
      src     = "198.51.100.22"
      dst     = "192.0.2.80"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      payload = "POST /login HTTP/1.1\r\nHost: www.example.com\r\n\r\nuser=admin&pass=word${i}"
    }
  }
  packets {
    start = "59999ms"
    tcp {
      src     = "198.51.100.22"
      dst     = "192.0.2.80"
      srcport = 40019
      dstport = 80
      flags   = "PA"
      payload = "POST /login HTTP/1.1\r\nHost: www.example.com\r\n\r\nuser=admin&pass=word19"
    }
  }
  others = "allow"
  alert "web_login_guessing" {
    count = 1
  }
}

test "what came 60 s before no longer counts" {
  packets {
    count = 19
    every = "1s"
    tcp {
      src     = "198.51.100.22"
      dst     = "192.0.2.80"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      payload = "POST /login HTTP/1.1\r\nHost: www.example.com\r\n\r\nuser=admin&pass=word${i}"
    }
  }
  packets {
    start = "1m"
    tcp {
      src     = "198.51.100.22"
      dst     = "192.0.2.80"
      srcport = 40019
      dstport = 80
      flags   = "PA"
      payload = "POST /login HTTP/1.1\r\nHost: www.example.com\r\n\r\nuser=admin&pass=word19"
    }
  }
  others = "allow"
  alert "web_login_guessing" {
    count = 0
  }
}

test "a body of 400 bytes in a segment of its own counts" {
  packets {
    count = 20
    every = "1s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      payload = "password=${repeat("a", 391)}"
    }
  }
  others = "allow"
  alert "web_login_guessing" {
    count = 1
  }
}

test "a longer one stays quiet" {
  packets {
    count = 20
    every = "1s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      payload = "password=${repeat("a", 392)}"
    }
  }
  others = "allow"
  alert "web_login_guessing" {
    count = 0
  }
}

test "eight bytes are enough" {
  packets {
    count = 20
    every = "1s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      payload = "&pwd=abc"
    }
  }
  others = "allow"
  alert "web_login_guessing" {
    count = 1
  }
}

test "seven are not" {
  packets {
    count = 20
    every = "1s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      payload = "&pwd=ab"
    }
  }
  others = "allow"
  alert "web_login_guessing" {
    count = 0
  }
}

test "the sixth password in five seconds fires" {
  packets {
    count = 6
    every = "900ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.80"
      srcport = 40000 + i
      dstport = 80
      flags   = "PA"
      seq     = 1
      ack     = 1
      payload = "POST /login HTTP/1.1\r\nHost: www.example.com\r\n\r\nuser=admin&password=word${i}"
    }
  }
  alert "web_login_guessing" {
    count = 1
    at    = "4.5s"
  }
}
