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

test "what came just under 10 s before counts" {
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
    start = "9999ms"
    dns {
      src   = "203.0.113.5"
      dst   = "10.0.0.53"
      qname = "example.com"
      qtype = "ANY"
    }
  }
  others = "allow"
  alert "dns_amplifier" {
    count = 1
  }
}

test "what came 10 s before no longer counts" {
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
    start = "10s"
    dns {
      src   = "203.0.113.5"
      dst   = "10.0.0.53"
      qname = "example.com"
      qtype = "ANY"
    }
  }
  others = "allow"
  alert "dns_amplifier" {
    count = 0
  }
}

test "answers, and questions of other types, stay quiet" {
  packets {
    count = 60
    every = "100ms"
    dns {
      src      = "198.51.100.7"
      dst      = "192.0.2.10"
      qname    = "example.org"
      qtype    = "ANY"
      response = true
    }
  }
  packets {
    count = 60
    every = "100ms"
    dns {
      src   = "198.51.100.8"
      dst   = "192.0.2.10"
      qname = "example.org"
      qtype = "TXT"
    }
  }
  others = "allow"
  alert "dns_amplifier" {
    count = 0
  }
}
