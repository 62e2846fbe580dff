# Fragments come from captures: the packets of these tests are whole.

test "nmap -f is caught by its fragments" {
  pcap = "../../testdata/pcap/nmap-frag.pcap"
  alert "tiny_fragments" {
    count = 1
    key   = { "ip.src" = "198.51.100.7" }
  }
  alert "crafted_syn_scan" {}
  alert "refused_ports" {}
}

test "four first fragments stay quiet" {
  pcap = "../../testdata/pcap/nmap-frag.pcap"
  set  = { tiny_fragments_count = 11 }
  alert "tiny_fragments" {
    count = 0
  }
  alert "crafted_syn_scan" {}
  alert "refused_ports" {}
}

test "whole packets stay quiet" {
  packets {
    count = 20
    every = "100ms"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 20000
      payload = 4
    }
  }
  quiet = true
}

test "the fifth first fragment of 67 bytes fires" {
  packets {
    count = 5
    every = "1s"
    ip {
      src         = "198.51.100.7"
      dst         = "192.0.2.10"
      id          = i
      proto       = 6
      frag_offset = 0
      payload     = 47
      mf          = true
    }
  }
  others = "allow"
  alert "tiny_fragments" {
    count = 1
  }
}

test "four stay quiet" {
  packets {
    count = 4
    every = "1s"
    ip {
      src         = "198.51.100.7"
      dst         = "192.0.2.10"
      id          = i
      proto       = 6
      frag_offset = 0
      payload     = 47
      mf          = true
    }
  }
  others = "allow"
  alert "tiny_fragments" {
    count = 0
  }
}

test "fragments of 68 bytes, later ones, and whole packets stay quiet" {
  packets {
    count = 20
    every = "100ms"
    ip {
      src         = "198.51.100.7"
      dst         = "192.0.2.10"
      id          = i
      proto       = 6
      frag_offset = 0
      payload     = 48
      mf          = true
    }
  }
  packets {
    count = 20
    every = "100ms"
    ip {
      src         = "198.51.100.8"
      dst         = "192.0.2.10"
      id          = i
      proto       = 6
      frag_offset = 1
      payload     = 8
      mf          = true
    }
  }
  packets {
    count = 20
    every = "100ms"
    ip {
      src         = "198.51.100.9"
      dst         = "192.0.2.10"
      id          = i
      proto       = 6
      frag_offset = 0
      payload     = 8
    }
  }
  others = "allow"
  alert "tiny_fragments" {
    count = 0
  }
}

test "fragments that overlap bytes 8 to 63 of another fire" {
  packets {
    count = 5
    every = "1s"
    ip {
      src     = "198.51.100.1"
      dst     = "192.0.2.10"
      id      = i
      proto   = 17
      mf      = true
      payload = 104
    }
  }
  packets {
    count = 5
    every = "1s"
    start = "100ms"
    ip {
      src         = "198.51.100.1"
      dst         = "192.0.2.10"
      id          = i
      proto       = 17
      frag_offset = 1
      payload     = 16
    }
  }
  packets {
    count = 5
    every = "1s"
    ip {
      src     = "198.51.100.2"
      dst     = "192.0.2.10"
      id      = i
      proto   = 17
      mf      = true
      payload = 104
    }
  }
  packets {
    count = 5
    every = "1s"
    start = "100ms"
    ip {
      src         = "198.51.100.2"
      dst         = "192.0.2.10"
      id          = i
      proto       = 17
      frag_offset = 7
      payload     = 16
    }
  }
  others = "allow"
  alert "tiny_fragments" {
    count = 2
  }
}

test "those that overlap from byte 64 on, or the whole one, stay quiet" {
  packets {
    count = 5
    every = "1s"
    ip {
      src     = "198.51.100.1"
      dst     = "192.0.2.10"
      id      = i
      proto   = 17
      mf      = true
      payload = 104
    }
  }
  packets {
    count = 5
    every = "1s"
    start = "100ms"
    ip {
      src         = "198.51.100.1"
      dst         = "192.0.2.10"
      id          = i
      proto       = 17
      frag_offset = 8
      payload     = 16
    }
  }
  packets {
    count = 5
    every = "1s"
    ip {
      src     = "198.51.100.2"
      dst     = "192.0.2.10"
      id      = i
      proto   = 17
      mf      = true
      payload = 104
    }
  }
  packets {
    count = 5
    every = "1s"
    start = "100ms"
    ip {
      src         = "198.51.100.2"
      dst         = "192.0.2.10"
      id          = i
      proto       = 17
      frag_offset = 0
      payload     = 16
    }
  }
  others = "allow"
  alert "tiny_fragments" {
    count = 0
  }
}

test "what came just under 2 min before counts" {
  packets {
    count = 4
    every = "1s"
    ip {
      src         = "198.51.100.7"
      dst         = "192.0.2.10"
      id          = i
      proto       = 6
      frag_offset = 0
      payload     = 47
      mf          = true
    }
  }
  packets {
    start = "119999ms"
    ip {
      src         = "198.51.100.7"
      dst         = "192.0.2.10"
      id          = 9
      proto       = 6
      frag_offset = 0
      payload     = 47
      mf          = true
    }
  }
  others = "allow"
  alert "tiny_fragments" {
    count = 1
  }
}

test "what came 2 min before no longer counts" {
  packets {
    count = 4
    every = "1s"
    ip {
      src         = "198.51.100.7"
      dst         = "192.0.2.10"
      id          = i
      proto       = 6
      frag_offset = 0
      payload     = 47
      mf          = true
    }
  }
  packets {
    start = "2m"
    ip {
      src         = "198.51.100.7"
      dst         = "192.0.2.10"
      id          = 9
      proto       = 6
      frag_offset = 0
      payload     = 47
      mf          = true
    }
  }
  others = "allow"
  alert "tiny_fragments" {
    count = 0
  }
}
