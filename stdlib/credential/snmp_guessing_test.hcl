test "the tenth community fires" {
  packets {
    count = 10
    every = "1s"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 161
      payload = "0\u0029\u0002\u0001\u0000\u0004\u0006word${10 + i}\u00a0\u001c\u0002\u0004"
    }
  }
  alert "snmp_guessing" {
    count = 1
    key   = { "ip.src" = "198.51.100.7" }
    at    = "9s"
  }
}

test "nine communities stay quiet" {
  packets {
    count = 90
    every = "500ms"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 161
      payload = "0\u0029\u0002\u0001\u0001\u0004\u0006word${10 + i % 9}\u00a0\u001c\u0002\u0004"
    }
  }
  quiet = true
}

test "a manager that walks many hosts with one community stays quiet" {
  packets {
    count = 240
    every = "200ms"
    udp {
      src     = "10.0.0.5"
      dst     = "10.0.1.${1 + i % 20}"
      srcport = 40000
      dstport = 161
      payload = "0\u0026\u0002\u0001\u0001\u0004\u0003lab\u00a1\u001c\u0002\u0004${1000 + i}"
    }
  }
  quiet = true
}

test "a recording of the lab" {
  pcap   = "../../testdata/pcap/onesixtyone.pcap"
  others = "allow"
  alert "snmp_guessing" {
    count = 1
    key   = { "ip.src" = "198.51.100.22" }
  }
}
