test "the fiftieth question fires" {
  packets {
    count = 50
    every = "20ms"
    dns {
      src   = "203.0.113.5"
      dst   = "10.0.0.53"
      qname = "example.com"
      qtype = "ANY"
    }
  }
  alert "dns_amplifier" {
    count = 1
    key   = { "ip.src" = "203.0.113.5", "ip.dst" = "10.0.0.53" }
    at    = "980ms"
  }
}

test "49 questions, and other types, stay quiet" {
  packets {
    count = 49
    every = "20ms"
    dns {
      src   = "203.0.113.5"
      dst   = "10.0.0.53"
      qname = "example.com"
      qtype = "ANY"
    }
  }
  packets {
    count = 200
    every = "20ms"
    dns {
      src   = "10.0.0.30"
      dst   = "10.0.0.53"
      qname = "example.com"
      qtype = "MX"
    }
  }
  quiet = true
}
