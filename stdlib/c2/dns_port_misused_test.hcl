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
