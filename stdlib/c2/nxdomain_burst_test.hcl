test "the twenty-fifth domain fires" {
  packets {
    count = 25
    every = "5s"
    dns {
      src      = "192.0.2.53"
      dst      = "192.168.1.20"
      qname    = "xq${10 + i}.example"
      response = true
      rcode    = 3
    }
  }
  alert "nxdomain_burst" {
    count = 1
    key   = { "ip.dst" = "192.168.1.20" }
    at    = "120s"
  }
}

test "24 domains stay quiet, and many names of one domain" {
  packets {
    count = 24
    every = "5s"
    dns {
      src      = "192.0.2.53"
      dst      = "192.168.1.20"
      qname    = "xq${10 + i}.example"
      response = true
      rcode    = 3
    }
  }
  packets {
    count = 60
    every = "1s"
    dns {
      src      = "192.0.2.53"
      dst      = "192.168.1.20"
      qname    = "host${i}.xq10.example"
      response = true
      rcode    = 3
    }
  }
  quiet = true
}

test "domains that exist stay quiet" {
  packets {
    count = 60
    every = "1s"
    dns {
      src      = "192.0.2.53"
      dst      = "192.168.1.20"
      qname    = "xq${10 + i}.example"
      response = true
    }
  }
  quiet = true
}
