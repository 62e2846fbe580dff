test "priority 255 fires" {
  packets {
    count = 3
    every = "3s"
    udp {
      src         = "10.0.0.66"
      dst         = "224.0.0.2"
      srcport     = 1985
      dstport     = 1985
      payload_hex = "000010030aff0100636973636f0000000a0000fe"
    }
  }
  alert "hsrp_takeover" {
    count = 1
    key   = { "ip.src" = "10.0.0.66" }
    at    = "0s"
  }
}

test "the priorities of routers stay quiet" {
  packets {
    count = 20
    every = "3s"
    udp {
      src         = "10.0.0.2"
      dst         = "224.0.0.2"
      srcport     = 1985
      dstport     = 1985
      payload_hex = "000010030afe0100636973636f0000000a0000fe"
    }
  }
  quiet = true
}

test "another version, and a lower priority, stay quiet" {
  packets {
    udp {
      src         = "198.51.100.7"
      dst         = "224.0.0.2"
      srcport     = 40000
      dstport     = 1985
      payload_hex = "0100030affff00"
    }
  }
  packets {
    udp {
      src         = "198.51.100.7"
      dst         = "224.0.0.2"
      srcport     = 40000
      dstport     = 1985
      payload_hex = "0000100a03fe00"
    }
  }
  packets {
    udp {
      src         = "198.51.100.7"
      dst         = "224.0.0.2"
      srcport     = 40000
      dstport     = 1984
      payload_hex = "0000100a03ff00"
    }
  }
  others = "allow"
  alert "hsrp_takeover" {
    count = 0
  }
}
