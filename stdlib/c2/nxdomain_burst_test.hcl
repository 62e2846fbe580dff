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

test "what came just under 5 min before counts" {
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
    start = "299999ms"
    dns {
      src      = "192.0.2.53"
      dst      = "192.168.1.20"
      qname    = "xq34.example"
      response = true
      rcode    = 3
    }
  }
  others = "allow"
  alert "nxdomain_burst" {
    count = 1
  }
}

test "what came 5 min before no longer counts" {
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
    start = "5m"
    dns {
      src      = "192.0.2.53"
      dst      = "192.168.1.20"
      qname    = "xq34.example"
      response = true
      rcode    = 3
    }
  }
  others = "allow"
  alert "nxdomain_burst" {
    count = 0
  }
}

test "names of addresses, and other errors, stay quiet" {
  packets {
    count = 40
    every = "1s"
    dns {
      src      = "198.51.100.7"
      dst      = "192.0.2.10"
      qname    = "${i}.a${i}.in-addr.arpa"
      response = true
      rcode    = "NXDOMAIN"
    }
  }
  packets {
    count = 40
    every = "1s"
    dns {
      src      = "198.51.100.8"
      dst      = "192.0.2.10"
      qname    = "a${i}.org"
      response = true
      rcode    = 2
    }
  }
  others = "allow"
  alert "nxdomain_burst" {
    count = 0
  }
}

test "dig, of 26 domains" {
  pcap = "../../testdata/pcap/dig-random.pcap"
  alert "nxdomain_burst" {
    count = 1
  }
}
