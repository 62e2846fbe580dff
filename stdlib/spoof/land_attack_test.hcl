test "a SYN from a host's port to itself fires" {
  packets {
    tcp {
      src     = "192.0.2.10"
      dst     = "192.0.2.10"
      srcport = 139
      dstport = 139
      flags   = "S"
    }
  }
  alert "land_attack" {
    count = 1
    key   = { "ip.src" = "192.0.2.10" }
    at    = "0s"
  }
}

test "so does a UDP packet" {
  packets {
    udp {
      src     = "192.0.2.10"
      dst     = "192.0.2.10"
      srcport = 139
      dstport = 139
    }
  }
  alert "land_attack" {
    count = 1
  }
}

test "another port stays quiet" {
  packets {
    tcp {
      src     = "192.0.2.10"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 139
      flags   = "S"
    }
  }
  quiet = true
}

test "another host on the same port stays quiet" {
  packets {
    count = 10
    every = "1s"
    udp {
      src     = "192.0.2.10"
      dst     = "192.0.2.11"
      srcport = 123
      dstport = 123
    }
  }
  quiet = true
}

test "loopback stays quiet" {
  packets {
    udp {
      src     = "127.0.0.1"
      dst     = "127.0.0.1"
      srcport = 139
      dstport = 139
    }
  }
  packets {
    tcp {
      src     = "127.8.8.8"
      dst     = "127.8.8.8"
      srcport = 139
      dstport = 139
      flags   = "S"
    }
  }
  packets {
    udp {
      src     = "::1"
      dst     = "::1"
      srcport = 139
      dstport = 139
    }
  }
  quiet = true
}

test "a packet without ports stays quiet" {
  packets {
    count = 5
    every = "1s"
    icmp {
      src  = "192.0.2.10"
      dst  = "192.0.2.10"
      type = 8
      code = 0
    }
  }
  quiet = true
}

test "IPv6" {
  packets {
    tcp {
      src     = "2001:db8::10"
      dst     = "2001:db8::10"
      srcport = 139
      dstport = 139
      flags   = "S"
    }
  }
  alert "land_attack" {
    count = 1
    key   = { "ip.src" = "2001:db8::10" }
  }
}

test "hping3 -a" {
  pcap = "../../testdata/pcap/hping3-land.pcap"
  alert "land_attack" {
    key = { "ip.src" = "10.0.0.10" }
  }
}
