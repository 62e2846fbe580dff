test "a second answer with another address fires" {
  packets {
    count = 2
    every = "300ms"
    dns {
      src      = "192.0.2.53"
      dst      = "10.0.0.30"
      srcport  = 53
      dstport  = 40000
      qname    = "www.example.com"
      response = true
      a        = ["192.0.2.${80 + i}"]
    }
  }
  others = "allow"
  alert "dns_two_answers" {
    count = 1
    at    = "0.3s"
  }
}

test "a forged answer before one with two addresses fires" {
  packets {
    count = 2
    every = "300ms"
    dns {
      src      = "192.0.2.53"
      dst      = "10.0.0.30"
      srcport  = 53
      dstport  = 40000
      qname    = "www.example.com"
      response = true
      a        = i == 0 ? ["10.0.0.66"] : ["192.0.2.80", "192.0.2.81"]
    }
  }
  others = "allow"
  alert "dns_two_answers" {
    count = 1
    at    = "0.3s"
  }
}

test "the same answer twice stays quiet" {
  packets {
    count = 2
    every = "300ms"
    dns {
      src      = "192.0.2.53"
      dst      = "10.0.0.30"
      srcport  = 53
      dstport  = 40000
      qname    = "www.example.com"
      response = true
      a        = ["192.0.2.80", "192.0.2.81"]
    }
  }
  others = "allow"
  alert "dns_two_answers" {
    count = 0
  }
}

test "other addresses of a content network, several at once, stay quiet" {
  packets {
    count = 2
    every = "300ms"
    dns {
      src      = "192.0.2.53"
      dst      = "10.0.0.30"
      srcport  = 53
      dstport  = 40000
      qname    = "www.example.com"
      response = true
      a        = ["192.0.2.${80 + i}", "192.0.2.${90 + i}"]
    }
  }
  others = "allow"
  alert "dns_two_answers" {
    count = 0
  }
}

test "an answer that a router passes on stays quiet" {
  packets {
    count = 2
    every = "300ms"
    dns {
      src      = "192.0.2.53"
      dst      = "10.0.0.30"
      srcport  = 53
      dstport  = 40000
      qname    = "www.example.com"
      response = true
      a        = ["192.0.2.80"]
      ttl      = 64 - i
    }
  }
  others = "allow"
  alert "dns_two_answers" {
    count = 0
  }
}

test "an answer to a question of later stays quiet" {
  packets {
    count = 2
    every = "3s"
    dns {
      src      = "192.0.2.53"
      dst      = "10.0.0.30"
      srcport  = 53
      dstport  = 40000
      qname    = "www.example.com"
      response = true
      a        = ["192.0.2.${80 + i}"]
    }
  }
  others = "allow"
  alert "dns_two_answers" {
    count = 0
  }
}

test "an answer with the address of a name server besides stays quiet, however often it is seen" {
  packets {
    count = 2
    every = "300ms"
    udp {
      src         = "192.0.2.53"
      dst         = "10.0.0.30"
      srcport     = 53
      dstport     = 40000
      payload_hex = "12348180000100010000000101610265780000010001c00c000100010000003c0004c0000250c00e000100010000003c0004c0000251"
    }
  }
  others = "allow"
  alert "dns_two_answers" { count = 0 }
}
