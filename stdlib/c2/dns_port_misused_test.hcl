test "the tenth packet fires" {
  packets {
    count = 10
    every = "1s"
    udp {
      src         = "10.0.0.30"
      dst         = "192.0.2.53"
      srcport     = 40000
      dstport     = 53
      payload_hex = "10d19e20"
    }
  }
  alert "dns_port_misused" {
    count = 1
    key   = { "ip.src" = "10.0.0.30", "ip.dst" = "192.0.2.53" }
    at    = "9s"
  }
}

test "nine packets, DNS, and a resolver at home stay quiet" {
  packets {
    count = 9
    every = "1s"
    udp {
      src         = "10.0.0.30"
      dst         = "192.0.2.53"
      srcport     = 40000
      dstport     = 53
      payload_hex = "10d19e20"
    }
  }
  packets {
    count = 50
    every = "1s"
    dns {
      src   = "10.0.0.31"
      dst   = "192.0.2.53"
      qname = "www.example.com"
    }
  }
  packets {
    count = 20
    every = "1s"
    udp {
      src         = "10.0.0.30"
      dst         = "10.0.0.53"
      srcport     = 40000
      dstport     = 53
      payload_hex = "10d19e20"
    }
  }
  quiet = true
}

test "what came just under 60 s before counts" {
  packets {
    count = 9
    every = "1s"
    udp {
      src         = "10.0.0.30"
      dst         = "192.0.2.53"
      srcport     = 40000
      dstport     = 53
      payload_hex = "10d19e20"
    }
  }
  packets {
    start = "59999ms"
    udp {
      src         = "10.0.0.30"
      dst         = "192.0.2.53"
      srcport     = 40000
      dstport     = 53
      payload_hex = "10d19e20"
    }
  }
  others = "allow"
  alert "dns_port_misused" {
    count = 1
  }
}

test "what came 60 s before no longer counts" {
  packets {
    count = 9
    every = "1s"
    udp {
      src         = "10.0.0.30"
      dst         = "192.0.2.53"
      srcport     = 40000
      dstport     = 53
      payload_hex = "10d19e20"
    }
  }
  packets {
    start = "1m"
    udp {
      src         = "10.0.0.30"
      dst         = "192.0.2.53"
      srcport     = 40000
      dstport     = 53
      payload_hex = "10d19e20"
    }
  }
  others = "allow"
  alert "dns_port_misused" {
    count = 0
  }
}

test "other ports, from port 53, and inside stay quiet" {
  packets {
    count = 20
    every = "1s"
    udp {
      src     = "192.168.1.20"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 52
      payload = "x"
    }
  }
  packets {
    count = 20
    every = "1s"
    udp {
      src     = "192.168.1.20"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 54
      payload = "x"
    }
  }
  packets {
    count = 20
    every = "1s"
    udp {
      src     = "192.168.1.20"
      dst     = "192.0.2.10"
      srcport = 53
      dstport = 53
      payload = "x"
    }
  }
  packets {
    count = 20
    every = "1s"
    udp {
      src     = "192.168.1.20"
      dst     = "192.168.1.1"
      srcport = 40000
      dstport = 53
      payload = "x"
    }
  }
  others = "allow"
  alert "dns_port_misused" {
    count = 0
  }
}

test "from ports beside 53 fires" {
  packets {
    count = 10
    every = "1s"
    udp {
      src     = "192.168.1.21"
      dst     = "192.0.2.10"
      srcport = 52
      dstport = 53
      payload = "x"
    }
  }
  packets {
    count = 10
    every = "1s"
    udp {
      src     = "192.168.1.22"
      dst     = "192.0.2.10"
      srcport = 54
      dstport = 53
      payload = "x"
    }
  }
  others = "allow"
  alert "dns_port_misused" {
    count = 2
  }
}
