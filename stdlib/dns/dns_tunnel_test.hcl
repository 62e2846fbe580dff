test "a name of 51 characters fires" {
  packets {
    dns {
      src   = "192.168.1.20"
      dst   = "192.0.2.53"
      qname = "k5dn2qzr7wmx4hb9c6vt3ypjs8fg1l0aeuiok5d.example.com"
      qtype = "TXT"
    }
  }
  alert "dns_tunnel" {
    count = 1
    key   = { "ip.src" = "192.168.1.20" }
    at    = "0s"
  }
}

test "a name of 50 characters stays quiet" {
  packets {
    dns {
      src   = "192.168.1.20"
      dst   = "192.0.2.53"
      qname = "k5dn2qzr7wmx4hb9c6vt3ypjs8fg1l0aeuiok5.example.com"
      qtype = "TXT"
    }
  }
  quiet = true
}

test "many short names stay quiet" {
  packets {
    count = 50
    every = "1s"
    dns {
      src   = "192.168.1.20"
      dst   = "192.0.2.53"
      qname = "www${i}.example.com"
      qtype = "A"
    }
  }
  quiet = true
}

test "the answer to a long name does not fire again" {
  packets {
    dns {
      src      = "192.0.2.53"
      dst      = "192.168.1.20"
      qname    = "k5dn2qzr7wmx4hb9c6vt3ypjs8fg1l0aeuiok5dn2qzr7wmx.example.com"
      qtype    = "TXT"
      response = true
    }
  }
  quiet = true
}

test "a tunnel in use gives one alert a minute" {
  packets {
    count = 30
    every = "1s"
    dns {
      src   = "192.168.1.20"
      dst   = "192.0.2.53"
      qname = "k5dn2qzr7wmx4hb9c6vt3ypjs8fg1l0aeuio${1000 + i}.example.com"
      qtype = "TXT"
    }
  }
  alert "dns_tunnel" {
    count = 1
    at    = "0s"
  }
  alert "dns_tunnel_names" {}
}

test "each source fires by itself" {
  packets {
    count = 2
    every = "1s"
    dns {
      src   = "192.168.1.${20 + i}"
      dst   = "192.0.2.53"
      qname = "k5dn2qzr7wmx4hb9c6vt3ypjs8fg1l0aeuiok5dn2qzr7wmx.example.com"
      qtype = "TXT"
    }
  }
  alert "dns_tunnel" {
    count = 2
  }
}

test "the length is a variable" {
  set = { dns_tunnel_name_length = 60 }
  packets {
    dns {
      src   = "192.168.1.20"
      dst   = "192.0.2.53"
      qname = "k5dn2qzr7wmx4hb9c6vt3ypjs8fg1l0aeuiok5dn2qzr7wmx.example.com"
      qtype = "TXT"
    }
  }
  quiet = true
}

test "IPv6" {
  packets {
    dns {
      src   = "2001:db8:7::1"
      dst   = "2001:db8::53"
      qname = "k5dn2qzr7wmx4hb9c6vt3ypjs8fg1l0aeuiok5d.example.com"
      qtype = "TXT"
    }
  }
  alert "dns_tunnel" {
    count = 1
    key   = { "ip.src" = "2001:db8:7::1" }
  }
}

test "iodine" {
  pcap = "../../testdata/pcap/iodine.pcap"
  alert "dns_tunnel" {
    key = { "ip.src" = "10.0.0.30" }
  }
  alert "dns_tunnel_volume" {}
  alert "dns_tunnel_names" {}
}

test "dig, a name of 50 characters" {
  pcap  = "../../testdata/pcap/dig-names-50.pcap"
  quiet = true
}

test "dig" {
  pcap  = "../../testdata/pcap/dig-benign.pcap"
  quiet = true
}

test "the services of a domain and an address read backwards stay quiet" {
  packets {
    dns {
      src   = "192.168.1.20"
      dst   = "192.0.2.53"
      qname = "_ldap._tcp.Default-First-Site-Name._sites.dc._msdcs.corp.example.com"
      qtype = "SRV"
    }
  }
  packets {
    start = "1s"
    dns {
      src   = "192.168.1.20"
      dst   = "192.0.2.53"
      qname = "7.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.IP6.ARPA"
      qtype = "PTR"
    }
  }
  quiet = true
}

test "a service's name further back is no exception" {
  packets {
    dns {
      src   = "192.168.1.20"
      dst   = "192.0.2.53"
      qname = "k5dn2qzr7wmx4hb9c6vt3ypjs8fg1l0aeuiok5d._tcp.example.com"
      qtype = "TXT"
    }
  }
  alert "dns_tunnel" { count = 1 }
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
  alert "dns_tunnel" {
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
  alert "dns_tunnel" { count = 1 }
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
  alert "dns_tunnel" {
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
  alert "dns_tunnel" {
    count = 1
  }
}

test "names of words and numbers, as providers give to addresses, stay quiet" {
  packets {
    count = 3
    every = "1s"
    dns {
      src   = "192.168.1.20"
      dst   = "192.0.2.53"
      qname = ["198-51-100-105.c3-0.nat-ubr3.north-nat.region.cable.example.net", "ip-203-0-113-77.eu-central-1.compute.internal.example.com", "550e8400-e29b-41d4-a716-446655440000.devices.example.com"][i]
    }
  }
  quiet = true
}

test "a long name with one piece of 18 characters fires" {
  packets {
    dns {
      src   = "192.168.1.20"
      dst   = "192.0.2.53"
      qname = "k5dn2qzr7wmx4hb9c6.nat-ubr3.north-nat.region.cable.example.net"
    }
  }
  alert "dns_tunnel" { count = 1 }
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
  alert "dns_tunnel" {
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
  alert "dns_tunnel" {
    count = 0
  }
}
