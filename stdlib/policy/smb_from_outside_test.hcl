test "a connection from outside fires" {
  packets {
    connection {
      src     = "198.51.100.7"
      dst     = "10.0.0.20"
      dstport = 445
    }
  }
  alert "smb_from_outside" {
    count = 1
    key   = { "ip.src" = "198.51.100.7", "ip.dst" = "10.0.0.20" }
  }
}

test "one that is refused, and ones between hosts of ours and to others, stay quiet" {
  packets {
    connection {
      src     = "198.51.100.7"
      dst     = "10.0.0.20"
      dstport = 445
      state   = "refused"
    }
  }
  packets {
    connection {
      src     = "10.0.0.5"
      dst     = "10.0.0.20"
      dstport = 445
    }
  }
  packets {
    connection {
      src     = "10.0.0.5"
      dst     = "198.51.100.7"
      dstport = 445
    }
  }
  others = "allow"
  alert "smb_from_outside" {
    count = 0
  }
}

test "ports 139 and 445 fire, and those beside stay quiet" {
  packets {
    connection {
      src     = "198.51.100.7"
      dst     = "10.0.0.1"
      dstport = 138
    }
  }
  packets {
    connection {
      src     = "198.51.100.7"
      dst     = "10.0.0.2"
      dstport = 139
    }
  }
  packets {
    connection {
      src     = "198.51.100.7"
      dst     = "10.0.0.3"
      dstport = 140
    }
  }
  packets {
    connection {
      src     = "198.51.100.7"
      dst     = "10.0.0.4"
      dstport = 444
    }
  }
  packets {
    connection {
      src     = "198.51.100.7"
      dst     = "10.0.0.5"
      dstport = 445
    }
  }
  packets {
    connection {
      src     = "198.51.100.7"
      dst     = "10.0.0.6"
      dstport = 446
    }
  }
  others = "allow"
  alert "smb_from_outside" {
    count = 2
  }
}

test "a connection of nc" {
  pcap = "../../testdata/pcap/smb-outside.pcap"
  alert "smb_from_outside" {
    count = 1
  }
}
