test "the sixtieth address fires" {
  packets {
    count = 60
    every = "100ms"
    arp {
      opcode  = 1 + i % 2
      src_ip  = cidrhost("10.0.0.0/24", 1 + i)
      dst_ip  = cidrhost("10.0.0.0/24", 1 + i)
      src_mac = "02:00:00:00:01:66"
    }
  }
  alert "arp_claims" {
    count = 1
    key   = { "arp.src.hw_mac" = "02:00:00:00:01:66" }
    at    = "5900ms"
  }
}

test "59 addresses, and answers to a sweep, stay quiet" {
  packets {
    count = 59
    every = "100ms"
    arp {
      opcode  = 2
      src_ip  = cidrhost("10.0.0.0/24", 1 + i)
      dst_ip  = cidrhost("10.0.0.0/24", 1 + i)
      src_mac = "02:00:00:00:01:66"
    }
  }
  packets {
    count = 200
    every = "100ms"
    arp {
      opcode  = 2
      src_ip  = cidrhost("10.0.1.0/24", 1 + i)
      dst_ip  = "10.0.0.66"
      src_mac = "02:00:00:00:01:01"
    }
  }
  quiet = true
}

test "the hardware address of the sensor itself stays quiet" {
  set = { own_macs = ["02:00:00:00:01:66"] }
  packets {
    count = 60
    every = "100ms"
    arp {
      src_mac = "02:00:00:00:01:66"
      src_ip  = "10.0.0.${1 + i}"
      dst_ip  = "10.0.0.${1 + i}"
    }
  }
  others = "allow"
  alert "arp_claims" {
    count = 0
  }
}

test "another one fires" {
  set = { own_macs = ["02:00:00:00:01:67"] }
  packets {
    count = 60
    every = "100ms"
    arp {
      src_mac = "02:00:00:00:01:66"
      src_ip  = "10.0.0.${1 + i}"
      dst_ip  = "10.0.0.${1 + i}"
    }
  }
  others = "allow"
  alert "arp_claims" {
    count = 1
  }
}

test "what came just under 60 s before counts" {
  packets {
    count = 59
    every = "10ms"
    arp {
      src_mac = "02:00:00:00:01:66"
      src_ip  = "10.0.0.${1 + i + 0}"
      dst_ip  = "10.0.0.${1 + i + 0}"
    }
  }
  packets {
    start = "59s"
    arp {
      src_mac = "02:00:00:00:01:66"
      src_ip  = "10.0.0.${1 + i + 100}"
      dst_ip  = "10.0.0.${1 + i + 100}"
    }
  }
  others = "allow"
  alert "arp_claims" {
    count = 1
  }
}

test "what came over 62 s before no longer counts" {
  packets {
    count = 59
    every = "10ms"
    arp {
      src_mac = "02:00:00:00:01:66"
      src_ip  = "10.0.0.${1 + i + 0}"
      dst_ip  = "10.0.0.${1 + i + 0}"
    }
  }
  packets {
    start = "62s"
    arp {
      src_mac = "02:00:00:00:01:66"
      src_ip  = "10.0.0.${1 + i + 100}"
      dst_ip  = "10.0.0.${1 + i + 100}"
    }
  }
  others = "allow"
  alert "arp_claims" {
    count = 0
  }
}
