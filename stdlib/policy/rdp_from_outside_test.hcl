test "a connection from outside fires" {
  packets {
    connection {
      src     = "198.51.100.7"
      dst     = "10.0.0.20"
      dstport = 3389
    }
  }
  alert "rdp_from_outside" {
    count = 1
    key   = { "ip.src" = "198.51.100.7", "ip.dst" = "10.0.0.20" }
  }
}

test "one that nobody answers, and ones between hosts of ours and to others, stay quiet" {
  packets {
    connection {
      src     = "198.51.100.7"
      dst     = "10.0.0.20"
      dstport = 3389
      state   = "unanswered"
    }
  }
  packets {
    connection {
      src     = "10.0.0.5"
      dst     = "10.0.0.20"
      dstport = 3389
    }
  }
  packets {
    connection {
      src     = "10.0.0.5"
      dst     = "198.51.100.7"
      dstport = 3389
    }
  }
  others = "allow"
  alert "rdp_from_outside" {
    count = 0
  }
}

test "a connection of nc" {
  pcap = "../../testdata/pcap/rdp-outside.pcap"
  alert "rdp_from_outside" {
    count = 1
  }
}
