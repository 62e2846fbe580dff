test "the hundredth name under one domain fires" {
  packets {
    count = 100
    every = "500ms"
    dns {
      src   = "192.168.1.20"
      dst   = "192.0.2.53"
      qname = "h${i}.t.example.com"
      qtype = "TXT"
    }
  }
  alert "dns_tunnel_volume" {
    count = 1
    key   = { "ip.src" = "192.168.1.20", "registered_domain(dns.qry.name)" = "example.com" }
    at    = "49500ms"
  }
}

test "99 names stay quiet however often they are asked for" {
  packets {
    count = 297
    every = "200ms"
    dns {
      src   = "192.168.1.20"
      dst   = "192.0.2.53"
      qname = "h${i % 99}.t.example.com"
      qtype = "TXT"
    }
  }
  quiet = true
}

test "a name asked for exactly 60 s ago no longer counts" {
  packets {
    count = 99
    every = "500ms"
    dns {
      src   = "192.168.1.20"
      dst   = "192.0.2.53"
      qname = "h${i}.t.example.com"
      qtype = "TXT"
    }
  }
  packets {
    start = "60s"
    dns {
      src   = "192.168.1.20"
      dst   = "192.0.2.53"
      qname = "h99.t.example.com"
      qtype = "TXT"
    }
  }
  quiet = true
}

test "a name asked for just under 60 s ago counts" {
  packets {
    count = 99
    every = "500ms"
    dns {
      src   = "192.168.1.20"
      dst   = "192.0.2.53"
      qname = "h${i}.t.example.com"
      qtype = "TXT"
    }
  }
  packets {
    start = "59999ms"
    dns {
      src   = "192.168.1.20"
      dst   = "192.0.2.53"
      qname = "h99.t.example.com"
      qtype = "TXT"
    }
  }
  alert "dns_tunnel_volume" {
    count = 1
    at    = "59999ms"
  }
}

test "a registered domain has the label below the public suffix" {
  packets {
    count = 100
    every = "500ms"
    dns {
      src   = "192.168.1.20"
      dst   = "192.0.2.53"
      qname = "h${i}.example.co.uk"
      qtype = "TXT"
    }
  }
  alert "dns_tunnel_volume" {
    count = 1
    key   = { "ip.src" = "192.168.1.20", "registered_domain(dns.qry.name)" = "example.co.uk" }
    at    = "49500ms"
  }
}

test "many domains under one public suffix stay quiet" {
  packets {
    count = 200
    every = "200ms"
    dns {
      src   = "192.168.1.20"
      dst   = "192.0.2.53"
      qname = "www.d${i}.co.uk"
      qtype = "TXT"
    }
  }
  quiet = true
}

test "names are counted for each source by itself" {
  packets {
    count = 198
    every = "200ms"
    dns {
      src   = "192.168.1.${20 + i % 2}"
      dst   = "192.0.2.53"
      qname = "h${i}.t.example.com"
      qtype = "TXT"
    }
  }
  quiet = true
}

test "answers stay quiet" {
  packets {
    count = 200
    every = "200ms"
    dns {
      src      = "192.0.2.53"
      dst      = "192.168.1.20"
      qname    = "h${i}.t.example.com"
      qtype    = "TXT"
      response = true
    }
  }
  quiet = true
}

test "IPv6" {
  packets {
    count = 100
    every = "500ms"
    dns {
      src   = "2001:db8:7::1"
      dst   = "2001:db8::53"
      qname = "h${i}.t.example.com"
      qtype = "TXT"
    }
  }
  alert "dns_tunnel_volume" {
    count = 1
    at    = "49500ms"
  }
}

test "a tunnel in use gives one alert a minute" {
  packets {
    count = 270
    every = "400ms"
    dns {
      src   = "192.168.1.20"
      dst   = "192.0.2.53"
      qname = "h${i}.t.example.com"
      qtype = "TXT"
    }
  }
  alert "dns_tunnel_volume" { count = 2 }
}

test "iodine" {
  pcap = "../../testdata/pcap/iodine.pcap"
  alert "dns_tunnel_volume" {
    key = { "ip.src" = "10.0.0.30", "registered_domain(dns.qry.name)" = "example.org" }
  }
  alert "dns_tunnel" {}
  alert "dns_tunnel_names" {}
}

test "dig" {
  pcap  = "../../testdata/pcap/dig-benign.pcap"
  quiet = true
}

test "a mail server that asks block lists and for names of addresses stays quiet" {
  packets {
    count = 150
    every = "200ms"
    dns {
      src   = "192.168.1.25"
      dst   = "192.0.2.53"
      qname = "${i + 1}.113.0.203.zen.example.org"
      qtype = "A"
    }
  }
  packets {
    count = 150
    every = "200ms"
    dns {
      src   = "192.168.1.25"
      dst   = "192.0.2.53"
      qname = "${i + 1}.113.0.203.in-addr.arpa"
      qtype = "PTR"
    }
  }
  quiet = true
}

test "a mail server that asks a block list of domains stays quiet" {
  packets {
    count = 150
    every = "100ms"
    dns {
      src   = "192.168.1.20"
      dst   = "192.0.2.53"
      qname = "firm${i}.example.dbl.spamhaus.org"
    }
  }
  others = "allow"
  alert "dns_tunnel_volume" {
    count = 0
  }
}

test "a list of nobody's fires" {
  packets {
    count = 150
    every = "100ms"
    dns {
      src   = "192.168.1.20"
      dst   = "192.0.2.53"
      qname = "firm${i}.example.dbl.xspamhaus.org"
    }
  }
  others = "allow"
  alert "dns_tunnel_volume" { count = 1 }
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
  alert "dns_tunnel_volume" {
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
  alert "dns_tunnel_volume" {
    count = 1
  }
}
