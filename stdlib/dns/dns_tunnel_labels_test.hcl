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
