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

test "ports 22 and 2222 stay quiet, and those beside fire" {
  packets {
    connection {
      src     = "198.51.100.7"
      dst     = "10.0.0.1"
      dstport = 21
      state   = "closed"
      service = "ssh"
    }
  }
  packets {
    connection {
      src     = "198.51.100.7"
      dst     = "10.0.0.2"
      dstport = 22
      state   = "closed"
      service = "ssh"
    }
  }
  packets {
    connection {
      src     = "198.51.100.7"
      dst     = "10.0.0.3"
      dstport = 23
      state   = "closed"
      service = "ssh"
    }
  }
  packets {
    connection {
      src     = "198.51.100.7"
      dst     = "10.0.0.4"
      dstport = 2221
      state   = "closed"
      service = "ssh"
    }
  }
  packets {
    connection {
      src     = "198.51.100.7"
      dst     = "10.0.0.5"
      dstport = 2222
      state   = "closed"
      service = "ssh"
    }
  }
  packets {
    connection {
      src     = "198.51.100.7"
      dst     = "10.0.0.6"
      dstport = 2223
      state   = "closed"
      service = "ssh"
    }
  }
  others = "allow"
  alert "ssh_other_port" {
    count = 4
  }
}

test "OpenSSH on port 902" {
  pcap = "../../testdata/pcap/ssh-902.pcap"
  alert "ssh_other_port" {
    count = 1
  }
}
