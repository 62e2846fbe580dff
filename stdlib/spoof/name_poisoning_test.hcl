test "the fourth name fires" {
  packets {
    count = 4
    every = "10s"
    udp {
      src         = "10.0.0.66"
      dst         = "10.0.0.30"
      srcport     = 5355
      dstport     = 50000 + i
      payload_hex = "12348000000100010000000008${format("%016x", 7000000000000000000 + i)}0000010001"
    }
  }
  alert "name_poisoning" {
    count = 1
    key   = { "ip.src" = "10.0.0.66" }
    at    = "30s"
  }
}

test "three names, of IPv4 and IPv6, stay quiet" {
  packets {
    count = 60
    every = "2s"
    udp {
      src         = "10.0.0.66"
      dst         = "10.0.0.30"
      srcport     = 5355
      dstport     = 50000 + i
      payload_hex = "12348000000100010000000008${format("%016x", 7000000000000000000 + i % 3)}0000${i % 2 == 0 ? "01" : "1c"}0001"
    }
  }
  quiet = true
}

test "questions for many names, and answers without a record, stay quiet" {
  packets {
    count = 60
    every = "2s"
    udp {
      src         = "10.0.0.66"
      dst         = "10.0.0.30"
      srcport     = 5355
      dstport     = 5355
      payload_hex = "1234${i % 2 == 0 ? "0000" : "8000"}000100000000000008${format("%016x", 7000000000000000000 + i)}0000010001"
    }
  }
  quiet = true
}

test "what came just under 10 min before counts" {
  packets {
    count = 3
    every = "10s"
    udp {
      src         = "10.0.0.66"
      dst         = "10.0.0.30"
      srcport     = 5355
      dstport     = 50000 + i
      payload_hex = "12348000000100010000000008${format("%016x", 7000000000000000000 + i)}0000010001"
    }
  }
  packets {
    start = "599999ms"
    udp {
      src         = "10.0.0.66"
      dst         = "10.0.0.30"
      srcport     = 5355
      dstport     = 50003
      payload_hex = "12348000000100010000000008${format("%016x", 7000000000000000000 + 3)}0000010001"
    }
  }
  others = "allow"
  alert "name_poisoning" {
    count = 1
  }
}

test "what came 10 min before no longer counts" {
  packets {
    count = 3
    every = "10s"
    udp {
      src         = "10.0.0.66"
      dst         = "10.0.0.30"
      srcport     = 5355
      dstport     = 50000 + i
      payload_hex = "12348000000100010000000008${format("%016x", 7000000000000000000 + i)}0000010001"
    }
  }
  packets {
    start = "10m"
    udp {
      src         = "10.0.0.66"
      dst         = "10.0.0.30"
      srcport     = 5355
      dstport     = 50003
      payload_hex = "12348000000100010000000008${format("%016x", 7000000000000000000 + 3)}0000010001"
    }
  }
  others = "allow"
  alert "name_poisoning" {
    count = 0
  }
}

test "names of one to ten letters that differ in the last one are different" {
  packets {
    count = 40
    every = "100ms"
    udp {
      src         = "10.0.0.${1 + floor(i / 4)}"
      dst         = "10.0.1.1"
      srcport     = 5355
      dstport     = 50000
      payload_hex = "123480000000000100000000${format("%02x", 1 + floor(i / 4))}${repeat("61", floor(i / 4))}${62 + i % 4}0000010001"
    }
  }
  others = "allow"
  alert "name_poisoning" {
    count = 10
  }
}

test "what is behind a name makes no other of it" {
  packets {
    count = 80
    every = "100ms"
    udp {
      src         = "10.0.0.${1 + floor(i / 8)}"
      dst         = "10.0.1.1"
      srcport     = 5355
      dstport     = 50000
      payload_hex = "123480000000000100000000${format("%02x", 1 + floor(i / 8))}${repeat("61", 1 + floor(i / 8))}${repeat("${format("%02x", 65 + i % 8)}", 10)}"
    }
  }
  others = "allow"
  alert "name_poisoning" {
    count = 0
  }
}

test "questions, answers without a record and answers of others stay quiet" {
  packets {
    count = 8
    every = "1s"
    udp {
      src         = "10.0.0.66"
      dst         = "10.0.1.1"
      srcport     = 5355
      dstport     = 50000
      payload_hex = "12347f000000000100000000036161${62 + i % 8}0000010001"
    }
  }
  packets {
    count = 8
    every = "1s"
    udp {
      src         = "10.0.0.66"
      dst         = "10.0.1.1"
      srcport     = 5355
      dstport     = 50000
      payload_hex = "123480000000000000000000036161${62 + i % 8}0000010001"
    }
  }
  packets {
    count = 8
    every = "1s"
    udp {
      src         = "10.0.0.66"
      dst         = "10.0.1.1"
      srcport     = 5354
      dstport     = 50000
      payload_hex = "123480000000000100000000036161${62 + i % 8}0000010001"
    }
  }
  others = "allow"
  alert "name_poisoning" {
    count = 0
  }
}
