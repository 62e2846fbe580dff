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
