test "SSH on port 443 fires" {
  packets {
    connection {
      src     = "10.0.0.5"
      dst     = "198.51.100.7"
      dstport = 443
      state   = "closed"
      service = "ssh"
    }
  }
  alert "ssh_other_port" {
    count = 1
    key   = { "ip.dst" = "198.51.100.7", "dst.port" = 443 }
  }
}

test "SSH on its port, and TLS on port 443, stay quiet" {
  packets {
    connection {
      src     = "10.0.0.5"
      dst     = "198.51.100.7"
      dstport = 22
      state   = "closed"
      service = "ssh"
    }
  }
  packets {
    connection {
      src     = "10.0.0.5"
      dst     = "198.51.100.7"
      dstport = 443
      state   = "closed"
      service = "tls"
    }
  }
  alert "ssh_other_port" {
    count = 0
  }
}
