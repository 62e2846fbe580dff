# Fragments come from captures: the packets of these tests are whole.

test "TCP packets of 65,535 bytes in fragments fire" {
  pcap = "../../testdata/pcap/hping3-tcp-fragments.pcap.gz"
  alert "tcp_fragments" {
    count = 1
    key   = { "ip.src" = "198.51.100.8", "ip.dst" = "10.0.0.10" }
  }
}

test "one fragment fewer than the threshold stays quiet" {
  pcap   = "../../testdata/pcap/hping3-tcp-fragments.pcap.gz"
  set    = { tcp_fragments_count = 305 }
  others = "allow"
  alert "tcp_fragments" {
    count = 0
  }
}

test "TCP in frames of 9,000 bytes stays quiet" {
  pcap   = "../../testdata/pcap/upload.pcap"
  others = "allow"
  alert "tcp_fragments" {
    count = 0
  }
}

test "the hundredth fragment from byte 9,000 on fires" {
  packets {
    count = 100
    every = "10ms"
    ip {
      src         = "198.51.100.7"
      dst         = "192.0.2.10"
      id          = i
      proto       = 6
      frag_offset = 1125
      payload     = 8
    }
  }
  others = "allow"
  alert "tcp_fragments" {
    count = 1
  }
}

test "99 stay quiet" {
  packets {
    count = 99
    every = "10ms"
    ip {
      src         = "198.51.100.7"
      dst         = "192.0.2.10"
      id          = i
      proto       = 6
      frag_offset = 1125
      payload     = 8
    }
  }
  others = "allow"
  alert "tcp_fragments" {
    count = 0
  }
}

test "those before byte 9,000, and those of UDP, stay quiet" {
  packets {
    count = 200
    every = "10ms"
    ip {
      src         = "198.51.100.7"
      dst         = "192.0.2.10"
      id          = i
      proto       = 6
      frag_offset = 1124
      payload     = 8
    }
  }
  packets {
    count = 200
    every = "10ms"
    ip {
      src         = "198.51.100.8"
      dst         = "192.0.2.10"
      id          = i
      proto       = 17
      frag_offset = 1125
      payload     = 8
    }
  }
  others = "allow"
  alert "tcp_fragments" {
    count = 0
  }
}

test "what came just under 10 s before counts" {
  packets {
    count = 99
    every = "10ms"
    ip {
      src         = "198.51.100.7"
      dst         = "192.0.2.10"
      id          = i
      proto       = 6
      frag_offset = 1125
      payload     = 8
    }
  }
  packets {
    start = "9999ms"
    ip {
      src         = "198.51.100.7"
      dst         = "192.0.2.10"
      id          = 500
      proto       = 6
      frag_offset = 1125
      payload     = 8
    }
  }
  others = "allow"
  alert "tcp_fragments" {
    count = 1
  }
}

test "what came 10 s before no longer counts" {
  packets {
    count = 99
    every = "10ms"
    ip {
      src         = "198.51.100.7"
      dst         = "192.0.2.10"
      id          = i
      proto       = 6
      frag_offset = 1125
      payload     = 8
    }
  }
  packets {
    start = "10s"
    ip {
      src         = "198.51.100.7"
      dst         = "192.0.2.10"
      id          = 500
      proto       = 6
      frag_offset = 1125
      payload     = 8
    }
  }
  others = "allow"
  alert "tcp_fragments" {
    count = 0
  }
}
