test "a name moves inside" {
  packets {
    count = 3
    every = "30s"
    dns {
      src   = "10.0.0.53"
      dst   = "10.0.0.9"
      qname = i == 1 ? "A.Rebind.example" : "a.rebind.example"
      a     = i == 0 ? "203.0.113.5" : "192.168.0.1"
    }
  }
  alert "dns_rebinding" {
    count = 1
    key   = { "ip.dst" = "10.0.0.9" }
    at    = "30s"
  }
}

test "the answer says both from the start" {
  packets {
    count = 3
    every = "30s"
    dns {
      src   = "10.0.0.53"
      dst   = "10.0.0.9"
      qname = "both.example"
      a     = ["203.0.113.5", "192.168.0.1"]
    }
  }
  quiet = true
}

test "a name moves inside after ten minutes" {
  packets {
    count = 2
    every = "10m"
    dns {
      src   = "10.0.0.53"
      dst   = "10.0.0.9"
      qname = "a.rebind.example"
      a     = i == 0 ? "203.0.113.5" : "192.168.0.1"
    }
  }
  quiet = true
}

test "names and clients of their own" {
  packets {
    count = 2
    every = "30s"
    dns {
      src   = "10.0.0.53"
      dst   = "10.0.0.${9 + i}"
      qname = "intranet.example"
      a     = i == 0 ? "203.0.113.5" : "192.168.0.1"
    }
  }
  packets {
    start = "2m"
    count = 2
    every = "30s"
    dns {
      src   = "10.0.0.53"
      dst   = "10.0.0.11"
      qname = i == 0 ? "www.example" : "intranet.example"
      a     = i == 0 ? "203.0.113.5" : "192.168.0.1"
    }
  }
  quiet = true
}

test "a name moves outside" {
  packets {
    count = 2
    every = "30s"
    dns {
      src   = "10.0.0.53"
      dst   = "10.0.0.9"
      qname = "vpn.example"
      a     = i == 0 ? "192.168.0.1" : "203.0.113.5"
    }
  }
  quiet = true
}

test "dig, of two name servers" {
  pcap = "../../testdata/pcap/dig-rebinding.pcap"
  alert "dns_rebinding" {
    count = 1
  }
}
