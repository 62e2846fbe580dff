test "the eighth connection that ends after the key exchange fires" {
  packets {
    count = 8
    every = "20s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + i
      flags   = "PA"
      payload = "SSH-2.0-OpenSSH_9.2\r\n"
    }
  }
  packets {
    count = 16
    start = "10ms"
    every = "10s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + floor(i / 2)
      flags   = "PA"
      payload = 600
    }
  }
  packets {
    count = 48
    start = "1s"
    every = "3s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + floor(i / 6)
      flags   = "PA"
      payload = 76
    }
  }
  alert "ssh_failures" {
    count = 1
    key   = { "ip.dst" = "198.51.100.7", "ip.src" = "192.0.2.10" }
    at    = "140.01s"
  }
}

test "seven stay quiet" {
  packets {
    count = 7
    every = "20s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + i
      flags   = "PA"
      payload = "SSH-2.0-OpenSSH_9.2\r\n"
    }
  }
  packets {
    count = 14
    start = "10ms"
    every = "10s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + floor(i / 2)
      flags   = "PA"
      payload = 600
    }
  }
  quiet = true
}

test "logins of a deployment stay quiet: host keys and output follow" {
  packets {
    count = 30
    every = "2s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + i
      flags   = "PA"
      payload = "SSH-2.0-OpenSSH_9.2\r\n"
    }
  }
  packets {
    count = 90
    start = "10ms"
    every = "666ms"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + floor(i / 3)
      flags   = "PA"
      payload = 264
    }
  }
  alert "ssh_failures" {
    count = 0
  }
}

test "a monitor that waits for the name stays quiet" {
  packets {
    count = 100
    every = "5s"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + i
      flags   = "PA"
      payload = "SSH-2.0-OpenSSH_9.2\r\n"
    }
  }
  alert "ssh_failures" {
    count = 0
  }
}

test "a recording of the lab" {
  pcap   = "../../testdata/pcap/hydra-ssh.pcap.gz"
  others = "allow"
  alert "ssh_failures" {
    count = 1
    key   = { "ip.dst" = "198.51.100.22", "ip.src" = "10.0.0.20" }
  }
}
