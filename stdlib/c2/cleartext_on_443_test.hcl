test "a prompt fires" {
  packets {
    tcp {
      src     = "10.0.0.30"
      dst     = "192.0.2.80"
      srcport = 40000
      dstport = 443
      flags   = "S"
      seq     = 1
    }
  }
  packets {
    start = "10ms"
    tcp {
      src     = "192.0.2.80"
      dst     = "10.0.0.30"
      srcport = 443
      dstport = 40000
      flags   = "SA"
      seq     = 100
      ack     = 2
    }
  }
  packets {
    start = "20ms"
    count = 2
    every = "1s"
    tcp {
      src     = "10.0.0.30"
      dst     = "192.0.2.80"
      srcport = 40000
      dstport = 443
      flags   = ["A", "PA"][i]
      seq     = 2
      ack     = 101
      payload = ["", "bash-5.2$ "][i]
    }
  }
  alert "cleartext_on_443" {
    count = 1
    key   = { "ip.src" = "10.0.0.30", "ip.dst" = "192.0.2.80" }
    at    = "1020ms"
  }
}

test "TLS, a request by mistake, and text of which no SYN was seen stay quiet" {
  packets {
    tls {
      src = "10.0.0.30"
      dst = "192.0.2.80"
      sni = "www.example.com"
    }
  }
  packets {
    http {
      src     = "10.0.0.30"
      dst     = "192.0.2.81"
      dstport = 443
    }
  }
  packets {
    tcp {
      src     = "10.0.0.30"
      dst     = "192.0.2.82"
      srcport = 40000
      dstport = 443
      flags   = "PA"
      payload = "bash-5.2$ "
    }
  }
  alert "cleartext_on_443" {
    count = 0
  }
}

test "a space and a tilde begin text" {
  packets {
    tcp {
      src     = "192.168.1.1"
      dst     = "203.0.113.9"
      srcport = 40000
      dstport = 443
      flags   = "S"
    }
  }
  packets {
    start = "10ms"
    tcp {
      src     = "192.168.1.1"
      dst     = "203.0.113.9"
      srcport = 40000
      dstport = 443
      flags   = "A"
    }
  }
  packets {
    start = "1s"
    tcp {
      src     = "192.168.1.1"
      dst     = "203.0.113.9"
      srcport = 40000
      dstport = 443
      flags   = "PA"
      payload = " abcdefgh"
    }
  }
  packets {
    tcp {
      src     = "192.168.1.2"
      dst     = "203.0.113.9"
      srcport = 40000
      dstport = 443
      flags   = "S"
    }
  }
  packets {
    start = "10ms"
    tcp {
      src     = "192.168.1.2"
      dst     = "203.0.113.9"
      srcport = 40000
      dstport = 443
      flags   = "A"
    }
  }
  packets {
    start = "1s"
    tcp {
      src     = "192.168.1.2"
      dst     = "203.0.113.9"
      srcport = 40000
      dstport = 443
      flags   = "PA"
      payload = "~abcdefgh"
    }
  }
  others = "allow"
  alert "cleartext_on_443" {
    count = 2
  }
}

test "other first bytes, seven letters, and other ports stay quiet" {
  packets {
    tcp {
      src     = "192.168.1.1"
      dst     = "203.0.113.9"
      srcport = 40000
      dstport = 443
      flags   = "S"
    }
  }
  packets {
    start = "10ms"
    tcp {
      src     = "192.168.1.1"
      dst     = "203.0.113.9"
      srcport = 40000
      dstport = 443
      flags   = "A"
    }
  }
  packets {
    start = "1s"
    tcp {
      src     = "192.168.1.1"
      dst     = "203.0.113.9"
      srcport = 40000
      dstport = 443
      flags   = "PA"
      payload = "\tabcdefghi"
    }
  }
  packets {
    tcp {
      src     = "192.168.1.2"
      dst     = "203.0.113.9"
      srcport = 40000
      dstport = 443
      flags   = "S"
    }
  }
  packets {
    start = "10ms"
    tcp {
      src     = "192.168.1.2"
      dst     = "203.0.113.9"
      srcport = 40000
      dstport = 443
      flags   = "A"
    }
  }
  packets {
    start = "1s"
    tcp {
      src     = "192.168.1.2"
      dst     = "203.0.113.9"
      srcport = 40000
      dstport = 443
      flags   = "PA"
      payload = "\u007fabcdefgh"
    }
  }
  packets {
    tcp {
      src     = "192.168.1.3"
      dst     = "203.0.113.9"
      srcport = 40000
      dstport = 443
      flags   = "S"
    }
  }
  packets {
    start = "10ms"
    tcp {
      src     = "192.168.1.3"
      dst     = "203.0.113.9"
      srcport = 40000
      dstport = 443
      flags   = "A"
    }
  }
  packets {
    start = "1s"
    tcp {
      src     = "192.168.1.3"
      dst     = "203.0.113.9"
      srcport = 40000
      dstport = 443
      flags   = "PA"
      payload = "abcdefg\u0000"
    }
  }
  packets {
    tcp {
      src     = "192.168.1.4"
      dst     = "203.0.113.9"
      srcport = 40000
      dstport = 442
      flags   = "S"
    }
  }
  packets {
    start = "10ms"
    tcp {
      src     = "192.168.1.4"
      dst     = "203.0.113.9"
      srcport = 40000
      dstport = 442
      flags   = "A"
    }
  }
  packets {
    start = "1s"
    tcp {
      src     = "192.168.1.4"
      dst     = "203.0.113.9"
      srcport = 40000
      dstport = 442
      flags   = "PA"
      payload = "abcdefgh"
    }
  }
  packets {
    tcp {
      src     = "192.168.1.5"
      dst     = "203.0.113.9"
      srcport = 40000
      dstport = 444
      flags   = "S"
    }
  }
  packets {
    start = "10ms"
    tcp {
      src     = "192.168.1.5"
      dst     = "203.0.113.9"
      srcport = 40000
      dstport = 444
      flags   = "A"
    }
  }
  packets {
    start = "1s"
    tcp {
      src     = "192.168.1.5"
      dst     = "203.0.113.9"
      srcport = 40000
      dstport = 444
      flags   = "PA"
      payload = "abcdefgh"
    }
  }
  others = "allow"
  alert "cleartext_on_443" {
    count = 0
  }
}

test "the fourth packet of a flow is looked at no more" {
  packets {
    tcp {
      src     = "192.168.1.1"
      dst     = "203.0.113.9"
      srcport = 40000
      dstport = 443
      flags   = "S"
    }
  }
  packets {
    count = 2
    every = "10ms"
    start = "10ms"
    tcp {
      src     = "192.168.1.1"
      dst     = "203.0.113.9"
      srcport = 40000
      dstport = 443
      flags   = "A"
    }
  }
  packets {
    start = "1s"
    tcp {
      src     = "192.168.1.1"
      dst     = "203.0.113.9"
      srcport = 40000
      dstport = 443
      flags   = "PA"
      payload = "abcdefgh"
    }
  }
  others = "allow"
  alert "cleartext_on_443" {
    count = 0
  }
}
