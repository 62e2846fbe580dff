test "a stager" {
  others = "allow"
  packets {
    dns {
      src   = "10.0.0.30"
      dst   = "10.0.0.53"
      qname = "AAA.stage.4711.evil.example"
    }
  }
  alert "cobalt_stage" {
  }
}

test "a stage" {
  others = "allow"
  packets {
    dns {
      src   = "10.0.0.30"
      dst   = "10.0.0.53"
      qname = "stage.theatre.example"
    }
  }
  alert "cobalt_stage" {
    max = 0
  }
}

test "a command in a TXT record" {
  others = "allow"
  packets {
    dns {
      src      = "10.0.0.53"
      dst      = "10.0.0.30"
      response = true
      qname    = "x.example"
      qtype    = "TXT"
      txt      = "powershell IEX (New-Object)"
    }
  }
  alert "txt_exec" {
  }
}

test "a record of SPF" {
  others = "allow"
  packets {
    dns {
      src      = "10.0.0.53"
      dst      = "10.0.0.30"
      response = true
      qname    = "x.example"
      qtype    = "TXT"
      txt      = "v=spf1 include:mail.example -all"
    }
  }
  alert "txt_exec" {
    max = 0
  }
}

test "a pool" {
  others = "allow"
  packets {
    dns {
      src   = "10.0.0.30"
      dst   = "10.0.0.53"
      qname = "eu.Pool.SupportXMR.example"
    }
  }
  alert "mining_pool" {
  }
}

test "a name that ends alike" {
  others = "allow"
  packets {
    dns {
      src   = "10.0.0.30"
      dst   = "10.0.0.53"
      qname = "notnanopool.example"
    }
  }
  alert "mining_pool" {
    max = 0
  }
}

test "a connection to a pool" {
  others = "allow"
  packets {
    dns {
      src      = "10.0.0.53"
      dst      = "10.0.0.30"
      response = true
      qname    = "eu.nanopool.example"
      a        = "203.0.113.77"
    }
  }
  packets {
    start = "5s"
    tcp {
      src     = "10.0.0.30"
      dst     = "203.0.113.77"
      dstport = 4444
    }
  }
  alert "miner" {
  }
}

test "a connection to its neighbour" {
  others = "allow"
  packets {
    dns {
      src      = "10.0.0.53"
      dst      = "10.0.0.30"
      response = true
      qname    = "eu.nanopool.example"
      a        = "203.0.113.77"
    }
  }
  packets {
    start = "5s"
    tcp {
      src     = "10.0.0.30"
      dst     = "203.0.113.78"
      dstport = 4444
    }
  }
  alert "miner" {
    max = 0
  }
}

test "a foreign name is here" {
  others = "allow"
  packets {
    dns {
      src      = "10.0.0.53"
      dst      = "10.0.0.30"
      response = true
      qname    = "rebind.evil.example"
      a        = "10.0.0.5"
    }
  }
  alert "external_name" {
  }
}

test "our own name is here" {
  others = "allow"
  packets {
    dns {
      src      = "10.0.0.53"
      dst      = "10.0.0.30"
      response = true
      qname    = "intra.corp.example"
      a        = "10.0.0.5"
    }
  }
  packets {
    start = "1s"
    dns {
      src      = "10.0.0.53"
      dst      = "10.0.0.30"
      response = true
      qname    = "www.example.com"
      a        = "203.0.113.5"
    }
  }
  alert "external_name" {
    max = 0
  }
}

test "a name of dynamic DNS" {
  others = "allow"
  packets {
    dns {
      src   = "10.0.0.30"
      dst   = "10.0.0.53"
      qname = "me.duckdns.example"
    }
  }
  alert "dyndns_query" {
  }
}

test "another name" {
  others = "allow"
  packets {
    dns {
      src   = "10.0.0.30"
      dst   = "10.0.0.53"
      qname = "me.ducks.example"
    }
  }
  alert "dyndns_query" {
    max = 0
  }
}

test "nobody asked" {
  others = "allow"
  packets {
    dns {
      src      = "10.0.0.53"
      dst      = "10.0.0.30"
      response = true
      qname    = "a.example"
      a        = "203.0.113.5"
    }
  }
  packets {
    start = "1s"
    tcp {
      src     = "10.0.0.30"
      dst     = "203.0.113.6"
      dstport = 443
    }
  }
  alert "no_dns" {
  }
}

test "somebody asked" {
  others = "allow"
  packets {
    dns {
      src      = "10.0.0.53"
      dst      = "10.0.0.30"
      response = true
      qname    = "a.example"
      a        = "203.0.113.6"
    }
  }
  packets {
    start = "1s"
    tcp {
      src     = "10.0.0.30"
      dst     = "203.0.113.6"
      dstport = 443
    }
  }
  alert "no_dns" {
    max = 0
  }
}

test "ten names of a machine" {
  others = "allow"
  packets {
    count = 10
    every = "10s"
    dns {
      src      = "10.0.0.53"
      dst      = "10.0.0.30"
      response = true
      rcode    = 3
      qname    = format("q%dxkvbzr%dwpltmhs.com", i, 9 - i)
    }
  }
  alert "dga" {
  }
}

test "ten typing mistakes" {
  others = "allow"
  packets {
    count = 10
    every = "10s"
    dns {
      src      = "10.0.0.53"
      dst      = "10.0.0.30"
      response = true
      rcode    = 3
      qname    = format("exampel%d.com", i)
    }
  }
  alert "dga" {
    max = 0
  }
}

test "an answer of 65,280 bytes" {
  others = "allow"
  packets {
    tcp {
      src         = "10.0.0.53"
      dst         = "10.0.0.30"
      srcport     = 53
      dstport     = 50000
      flags       = "PA"
      payload_hex = "ff0012348180"
    }
  }
  alert "dns_overflow" {
  }
}

test "an answer of 512 bytes" {
  others = "allow"
  packets {
    tcp {
      src         = "10.0.0.53"
      dst         = "10.0.0.30"
      srcport     = 53
      dstport     = 50000
      flags       = "PA"
      payload_hex = "020012348180"
    }
  }
  alert "dns_overflow" {
    max = 0
  }
}

test "500 names" {
  others = "allow"
  packets {
    count = 500
    every = "60s"
    dns {
      src   = "10.0.0.30"
      dst   = "10.0.0.53"
      qname = format("d%d.evil.example.com", i)
    }
  }
  alert "c2_over_dns" {
    key = { "registered_domain(dns.qry.name)" = "example.com" }
  }
}

test "one name 500 times" {
  others = "allow"
  packets {
    count = 500
    every = "60s"
    dns {
      src   = "10.0.0.30"
      dst   = "10.0.0.53"
      qname = "www.example.com"
    }
  }
  alert "c2_over_dns" {
    max = 0
  }
}
