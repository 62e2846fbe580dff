test "the tenth name fires" {
  packets {
    count = 10
    every = "2s"
    dns {
      src   = "192.168.1.20"
      dst   = "192.0.2.53"
      qname = "k5dn2qzr7wmx4hb9c6vt3ypjs${10 + i}.t.example.com"
    }
  }
  alert "dns_tunnel_labels" {
    count = 1
    key   = { "ip.src" = "192.168.1.20", "registered_domain(dns.qry.name)" = "example.com" }
    at    = "18s"
  }
}

test "nine names stay quiet" {
  packets {
    count = 9
    every = "2s"
    dns {
      src   = "192.168.1.20"
      dst   = "192.0.2.53"
      qname = "k5dn2qzr7wmx4hb9c6vt3ypjs${10 + i}.t.example.com"
    }
  }
  quiet = true
}

test "one name again and again, words, and names of a content network stay quiet" {
  packets {
    count = 40
    every = "2s"
    dns {
      src   = "192.168.1.20"
      dst   = "192.0.2.53"
      qname = "k5dn2qzr7wmx4hb9c6vt3ypjs.t.example.com"
    }
  }
  packets {
    count = 40
    every = "2s"
    dns {
      src   = "192.168.1.20"
      dst   = "192.0.2.53"
      qname = "printer-${10 + i}-second-floor-north.t.example.com"
    }
  }
  packets {
    count = 40
    every = "2s"
    dns {
      src   = "192.168.1.20"
      dst   = "192.0.2.53"
      qname = "k5dn2qzr7wmx4hb9c6vt3ypjs${10 + i}.cloudfront.net"
    }
  }
  quiet = true
}

test "a resolver that asks for others stays quiet" {
  set = { resolvers = ["192.168.1.53"] }
  packets {
    count = 40
    every = "2s"
    dns {
      src   = "192.168.1.53"
      dst   = "192.0.2.53"
      qname = "k5dn2qzr7wmx4hb9c6vt3ypjs${10 + i}.t.example.com"
    }
  }
  quiet = true
}

test "longer names are those of other rules" {
  packets {
    count = 20
    every = "2s"
    dns {
      src   = "192.168.1.20"
      dst   = "192.0.2.53"
      qname = "k5dn2qzr7wmx4hb9c6vt3ypjs8fg1l0aeuiok5dn${10 + i}.example.com"
    }
  }
  alert "dns_tunnel" {}
  alert "dns_tunnel_names" {}
  alert "dns_tunnel_labels" {
    count = 0
  }
}

test "what came just under 60 s before counts" {
  packets {
    count = 9
    every = "2s"
    dns {
      src   = "192.168.1.20"
      dst   = "192.0.2.53"
      qname = "k5dn2qzr7wmx4hb9c6vt3ypjs${10 + i}.t.example.com"
    }
  }
  packets {
    start = "59999ms"
    dns {
      src   = "192.168.1.20"
      dst   = "192.0.2.53"
      qname = "k5dn2qzr7wmx4hb9c6vt3ypjs19.t.example.com"
    }
  }
  others = "allow"
  alert "dns_tunnel_labels" {
    count = 1
  }
}

test "what came 60 s before no longer counts" {
  packets {
    count = 9
    every = "2s"
    dns {
      src   = "192.168.1.20"
      dst   = "192.0.2.53"
      qname = "k5dn2qzr7wmx4hb9c6vt3ypjs${10 + i}.t.example.com"
    }
  }
  packets {
    start = "1m"
    dns {
      src   = "192.168.1.20"
      dst   = "192.0.2.53"
      qname = "k5dn2qzr7wmx4hb9c6vt3ypjs19.t.example.com"
    }
  }
  others = "allow"
  alert "dns_tunnel_labels" {
    count = 0
  }
}

test "names of 30 and of 50 characters count" {
  packets {
    count = 10
    every = "1s"
    dns {
      src   = "198.51.100.1"
      dst   = "192.0.2.10"
      qname = "${i}abcdefghijklmnopqrstuvwx.ab.de"
    }
  }
  packets {
    count = 10
    every = "1s"
    dns {
      src   = "198.51.100.2"
      dst   = "192.0.2.10"
      qname = "${i}${repeat("x", 40)}.abcd.org"
    }
  }
  others = "allow"
  alert "dns_tunnel_labels" {
    count = 2
  }
}

test "names of 29 and of 51 characters stay quiet" {
  packets {
    count = 12
    every = "1s"
    dns {
      src   = "198.51.100.1"
      dst   = "192.0.2.10"
      qname = "${substr("abcdefghijkl", i, 1)}bcdefghijklmnopqrstuvwx.a.de"
    }
  }
  packets {
    count = 10
    every = "1s"
    dns {
      src   = "198.51.100.2"
      dst   = "192.0.2.10"
      qname = "${i}${repeat("x", 41)}.abcd.org"
    }
  }
  others = "allow"
  alert "dns_tunnel_labels" {
    count = 0
  }
}

test "services and those of Active Directory stay quiet" {
  packets {
    count = 20
    every = "1s"
    dns {
      src   = "198.51.100.7"
      dst   = "192.0.2.10"
      qname = "_${i}${repeat("x", 27)}.abcd.org"
    }
  }
  packets {
    count = 20
    every = "1s"
    dns {
      src   = "198.51.100.8"
      dst   = "192.0.2.10"
      qname = "${i}${repeat("x", 27)}._msdcs.abcd.org"
    }
  }
  others = "allow"
  alert "dns_tunnel_labels" {
    count = 0
  }
}
