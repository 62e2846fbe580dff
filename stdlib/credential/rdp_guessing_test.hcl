test "the fifteenth session fires" {
  packets {
    count = 15
    every = "15s"
    tcp {
      src         = "198.51.100.22"
      dst         = "192.0.2.10"
      srcport     = 40000 + i
      dstport     = 3389
      flags       = "PA"
      payload_hex = "030000130ee000000000000100080003000000"
    }
  }
  alert "rdp_guessing" {
    count = 1
    key   = { "ip.src" = "198.51.100.22", "ip.dst" = "192.0.2.10" }
    at    = "210s"
  }
}

test "fourteen sessions, each request sent twice, stay quiet" {
  packets {
    count = 28
    every = "8s"
    tcp {
      src         = "198.51.100.22"
      dst         = "192.0.2.10"
      srcport     = 40000 + floor(i / 2)
      dstport     = 3389
      flags       = "PA"
      payload_hex = "030000130ee000000000000100080003000000"
    }
  }
  quiet = true
}

test "what goes over one session stays quiet" {
  packets {
    count = 300
    every = "100ms"
    tcp {
      src         = "198.51.100.22"
      dst         = "192.0.2.10"
      srcport     = 40000
      dstport     = 3389
      flags       = "PA"
      seq         = 1 + 19 * i
      payload_hex = "0300001302f080640000000000000000000000"
    }
  }
  quiet = true
}

test "what came just under 5 min before counts" {
  packets {
    count = 14
    every = "15s"
    tcp {
      src         = "198.51.100.22"
      dst         = "192.0.2.10"
      srcport     = 40000 + i
      dstport     = 3389
      flags       = "PA"
      payload_hex = "030000130ee000000000000100080003000000"
    }
  }
  packets {
    start = "299999ms"
    tcp {
      src         = "198.51.100.22"
      dst         = "192.0.2.10"
      srcport     = 40014
      dstport     = 3389
      flags       = "PA"
      payload_hex = "030000130ee000000000000100080003000000"
    }
  }
  others = "allow"
  alert "rdp_guessing" {
    count = 1
  }
}

test "what came 5 min before no longer counts" {
  packets {
    count = 14
    every = "15s"
    tcp {
      src         = "198.51.100.22"
      dst         = "192.0.2.10"
      srcport     = 40000 + i
      dstport     = 3389
      flags       = "PA"
      payload_hex = "030000130ee000000000000100080003000000"
    }
  }
  packets {
    start = "5m"
    tcp {
      src         = "198.51.100.22"
      dst         = "192.0.2.10"
      srcport     = 40014
      dstport     = 3389
      flags       = "PA"
      payload_hex = "030000130ee000000000000100080003000000"
    }
  }
  others = "allow"
  alert "rdp_guessing" {
    count = 0
  }
}

test "what is no connection request stays quiet" {
  packets {
    count = 20
    every = "1s"
    tcp {
      src         = "198.51.100.7"
      dst         = "192.0.2.10"
      srcport     = 40000 + i
      dstport     = 3389
      flags       = "PA"
      payload_hex = "0200000b06e0000000000000"
    }
  }
  packets {
    count = 20
    every = "1s"
    tcp {
      src         = "198.51.100.7"
      dst         = "192.0.2.10"
      srcport     = 40000 + i
      dstport     = 3389
      flags       = "PA"
      payload_hex = "0301000b06e0000000000000"
    }
  }
  packets {
    count = 20
    every = "1s"
    tcp {
      src         = "198.51.100.7"
      dst         = "192.0.2.10"
      srcport     = 40000 + i
      dstport     = 3389
      flags       = "PA"
      payload_hex = "0300000b06d0000000000000"
    }
  }
  packets {
    count = 20
    every = "1s"
    tcp {
      src         = "198.51.100.7"
      dst         = "192.0.2.10"
      srcport     = 40000 + i
      dstport     = 3388
      flags       = "PA"
      payload_hex = "0300000b06e0000000000000"
    }
  }
  others = "allow"
  alert "rdp_guessing" {
    count = 0
  }
}

test "a session that is begun again with the same number is the same" {
  packets {
    count = 20
    every = "1s"
    tcp {
      src         = "198.51.100.7"
      dst         = "192.0.2.10"
      srcport     = 40000
      dstport     = 3389
      flags       = "PA"
      seq         = 7
      payload_hex = "0300000b06e0000000000000"
    }
  }
  others = "allow"
  alert "rdp_guessing" {
    count = 0
  }
}
