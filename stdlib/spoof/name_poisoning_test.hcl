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
