test "the fifth long name fires" {
  packets {
    count = 5
    every = "10s"
    dns {
      src   = "192.168.1.20"
      dst   = "192.0.2.53"
      qname = "${repeat("a", 55)}${10 + i}.example.com"
    }
  }
  alert "dns_tunnel_names" {
    count = 1
    key   = { "ip.src" = "192.168.1.20", "registered_domain(dns.qry.name)" = "example.com" }
    at    = "40s"
  }
  others = "allow"
}

test "four long names, again and again, are no tunnel" {
  packets {
    count = 40
    every = "1s"
    dns {
      src   = "192.168.1.20"
      dst   = "192.0.2.53"
      qname = "${repeat("a", 55)}${10 + i % 4}.example.com"
    }
  }
  alert "dns_tunnel_names" {
    count = 0
  }
  others = "allow"
}

test "reverse lookups and services" {
  packets {
    count = 9
    every = "1s"
    dns {
      src   = "192.168.1.20"
      dst   = "192.0.2.53"
      qname = "${i}.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"
    }
  }
  packets {
    count = 9
    every = "1s"
    dns {
      src   = "192.168.1.20"
      dst   = "192.0.2.53"
      qname = "_ldap._tcp.site${i}._sites.dc._msdcs.${repeat("a", 30)}.example.com"
    }
  }
  alert "dns_tunnel_names" {
    count = 0
  }
  others = "allow"
}

test "a recording of the lab" {
  pcap   = "../../testdata/pcap/iodine.pcap"
  others = "allow"
  alert "dns_tunnel_names" {
    count = 1
  }
}

test "long names of a content network, and of domain controllers, stay quiet" {
  packets {
    count = 20
    every = "1s"
    dns {
      src   = "192.168.1.20"
      dst   = "192.0.2.53"
      qname = "a933f89f87d430666c1408f174a161${10 + i}.clo.footprintdns.com"
    }
  }
  packets {
    count = 20
    every = "1s"
    dns {
      src   = "192.168.1.20"
      dst   = "192.0.2.53"
      qname = "a933f89f87d430666c1408f174a161${10 + i}.domains._msdcs.corp.example"
    }
  }
  others = "allow"
  alert "dns_tunnel_names" {
    count = 0
  }
}

test "a domain that ends like that of a content network fires" {
  packets {
    count = 20
    every = "1s"
    dns {
      src   = "192.168.1.20"
      dst   = "192.0.2.53"
      qname = "a933f89f87d430666c1408f174a161${10 + i}.clo.xfootprintdns.com"
    }
  }
  others = "allow"
  alert "dns_tunnel_names" { count = 1 }
}

test "a resolver that asks for others stays quiet" {
  set = { resolvers = ["192.168.1.53"] }
  packets {
    count = 150
    every = "100ms"
    dns {
      src   = "192.168.1.53"
      dst   = "192.0.2.53"
      qname = "a933f89f87d430666c1408f174a161a933f89f87d430666c140${100 + i}.t.example.org"
    }
  }
  others = "allow"
  alert "dns_tunnel_names" {
    count = 0
  }
}

test "a neighbour of a resolver fires" {
  set = { resolvers = ["192.168.1.53"] }
  packets {
    count = 150
    every = "100ms"
    dns {
      src   = "192.168.1.54"
      dst   = "192.0.2.53"
      qname = "a933f89f87d430666c1408f174a161a933f89f87d430666c140${100 + i}.t.example.org"
    }
  }
  others = "allow"
  alert "dns_tunnel_names" {
    count = 1
  }
}

test "what came just under 5 min before counts" {
  packets {
    count = 4
    every = "10s"
    dns {
      src   = "192.168.1.20"
      dst   = "192.0.2.53"
      qname = "${repeat("a", 55)}${10 + i}.example.com"
    }
  }
  packets {
    start = "299999ms"
    dns {
      src   = "192.168.1.20"
      dst   = "192.0.2.53"
      qname = "${repeat("a", 55)}14.example.com"
    }
  }
  others = "allow"
  alert "dns_tunnel_names" {
    count = 1
  }
}

test "what came 5 min before no longer counts" {
  packets {
    count = 4
    every = "10s"
    dns {
      src   = "192.168.1.20"
      dst   = "192.0.2.53"
      qname = "${repeat("a", 55)}${10 + i}.example.com"
    }
  }
  packets {
    start = "5m"
    dns {
      src   = "192.168.1.20"
      dst   = "192.0.2.53"
      qname = "${repeat("a", 55)}14.example.com"
    }
  }
  others = "allow"
  alert "dns_tunnel_names" {
    count = 0
  }
}

test "names of 51 characters count" {
  packets {
    count = 5
    every = "1s"
    dns {
      src   = "198.51.100.7"
      dst   = "192.0.2.10"
      qname = "${i}${repeat("x", 41)}.abcd.org"
    }
  }
  others = "allow"
  alert "dns_tunnel_names" {
    count = 1
  }
}

test "names of 50 characters stay quiet" {
  packets {
    count = 8
    every = "1s"
    dns {
      src   = "198.51.100.7"
      dst   = "192.0.2.10"
      qname = "${i}${repeat("x", 40)}.abcd.org"
    }
  }
  others = "allow"
  alert "dns_tunnel_names" {
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
      qname = "_${i}${repeat("x", 59)}.abcd.org"
    }
  }
  packets {
    count = 20
    every = "1s"
    dns {
      src   = "198.51.100.8"
      dst   = "192.0.2.10"
      qname = "${i}${repeat("x", 59)}._msdcs.abcd.org"
    }
  }
  others = "allow"
  alert "dns_tunnel_names" {
    count = 0
  }
}

test "addresses read backwards stay quiet, of the old domain, too" {
  packets {
    count = 8
    every = "1s"
    dns {
      src   = "198.51.100.7"
      dst   = "192.0.2.10"
      qname = "${i}${repeat("x", 60)}.ip6.arpa"
    }
  }
  packets {
    count = 8
    every = "1s"
    dns {
      src   = "198.51.100.8"
      dst   = "192.0.2.10"
      qname = "${i}${repeat("x", 60)}.ip6.int"
    }
  }
  others = "allow"
  alert "dns_tunnel_names" {
    count = 0
  }
}
