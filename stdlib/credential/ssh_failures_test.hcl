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

test "a key exchange that takes more than a segment, and three refusals, in eight connections" {
  packets {
    count = 56
    every = "250ms"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + floor(i / 7)
      flags   = i % 7 == 2 ? "A" : "PA"
      seq     = 1 + 1500 * i
      payload = i % 7 == 0 ? "SSH-2.0-OpenSSH_9.2p1\r\n" : "00000${i % 7 == 2 ? "\u001f" : "0"}${substr(format("%01448d", 0), 6, [0, 1082, 1442, 110, 70, 70, 70][i % 7])}"
    }
  }
  alert "ssh_failures" {
    count = 1
    key   = { "ip.dst" = "198.51.100.7", "ip.src" = "192.0.2.10" }
  }
}

test "Dropbear, which sends its name with the algorithms, refuses in eight connections" {
  packets {
    count = 48
    every = "250ms"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + floor(i / 6)
      flags   = "PA"
      seq     = 1 + 600 * i
      payload = i % 6 == 0 ? "SSH-2.0-dropbear_2022.83\r\n${substr(format("%0600d", 0), 0, 512)}" : substr(format("%0600d", 0), 0, [538, 428, 44, 52, 52, 52][i % 6])
    }
  }
  alert "ssh_failures" {
    count = 1
    key   = { "ip.dst" = "198.51.100.7", "ip.src" = "192.0.2.10" }
  }
}

test "Dropbear refuses twelve times on each of four connections" {
  packets {
    count = 60
    every = "250ms"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + floor(i / 15)
      flags   = "PA"
      seq     = 1 + 600 * i
      payload = i % 15 == 0 ? "SSH-2.0-dropbear_2022.83\r\n${substr(format("%0600d", 0), 0, 512)}" : substr(format("%0600d", 0), 0, [538, 208, 64, 80, 80, 80, 80, 80, 80, 80, 80, 80, 80, 80, 80][i % 15])
    }
  }
  alert "ssh_failures" {
    count = 1
    key   = { "ip.dst" = "198.51.100.7", "ip.src" = "192.0.2.10" }
  }
}

test "commands on Dropbear that say next to nothing stay quiet" {
  packets {
    count = 300
    every = "250ms"
    tcp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + floor(i / 10)
      flags   = "PA"
      seq     = 1 + 600 * i
      payload = i % 10 == 0 ? "SSH-2.0-dropbear_2022.83\r\n${substr(format("%0600d", 0), 0, 512)}" : substr(format("%0600d", 0), 0, [538, 428, 44, 52, 100, 36, 44, 36, 36, 88][i % 10])
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

test "one and a half to two and a half long messages a connection fire" {
  packets {
    count = 8
    every = "1s"
    tcp {
      src     = "192.0.2.1"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + i
      flags   = "PA"
      payload = "SSH-2.0-OpenSSH_9.2\r\n"
    }
  }
  packets {
    count = 12
    every = "100ms"
    start = "10s"
    tcp {
      src     = "192.0.2.1"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + i
      flags   = "PA"
      payload = 600
    }
  }
  packets {
    count = 8
    every = "100ms"
    start = "30s"
    tcp {
      src     = "192.0.2.1"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + i
      flags   = "PA"
      payload = 76
    }
  }
  packets {
    count = 8
    every = "1s"
    tcp {
      src     = "192.0.2.2"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + i
      flags   = "PA"
      payload = "SSH-2.0-OpenSSH_9.2\r\n"
    }
  }
  packets {
    count = 20
    every = "100ms"
    start = "10s"
    tcp {
      src     = "192.0.2.2"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + i
      flags   = "PA"
      payload = 600
    }
  }
  packets {
    count = 8
    every = "100ms"
    start = "30s"
    tcp {
      src     = "192.0.2.2"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + i
      flags   = "PA"
      payload = 76
    }
  }
  others = "allow"
  alert "ssh_failures" {
    count = 2
  }
}

test "fewer or more long messages stay quiet" {
  packets {
    count = 8
    every = "1s"
    tcp {
      src     = "192.0.2.1"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + i
      flags   = "PA"
      payload = "SSH-2.0-OpenSSH_9.2\r\n"
    }
  }
  packets {
    count = 11
    every = "100ms"
    start = "10s"
    tcp {
      src     = "192.0.2.1"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + i
      flags   = "PA"
      payload = 600
    }
  }
  packets {
    count = 8
    every = "100ms"
    start = "30s"
    tcp {
      src     = "192.0.2.1"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + i
      flags   = "PA"
      payload = 76
    }
  }
  others = "allow"
  alert "ssh_failures" {
    count = 0
  }
}

test "messages of 121 bytes are long, and of 120 are not" {
  packets {
    count = 8
    every = "1s"
    tcp {
      src     = "192.0.2.1"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + i
      flags   = "PA"
      payload = "SSH-2.0-OpenSSH_9.2\r\n"
    }
  }
  packets {
    count = 12
    every = "100ms"
    start = "10s"
    tcp {
      src     = "192.0.2.1"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + i
      flags   = "PA"
      payload = 121
    }
  }
  packets {
    count = 8
    every = "100ms"
    start = "30s"
    tcp {
      src     = "192.0.2.1"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + i
      flags   = "PA"
      payload = 120
    }
  }
  others = "allow"
  alert "ssh_failures" {
    count = 1
  }
}

test "messages of 120 bytes alone stay quiet" {
  packets {
    count = 8
    every = "1s"
    tcp {
      src     = "192.0.2.1"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + i
      flags   = "PA"
      payload = "SSH-2.0-OpenSSH_9.2\r\n"
    }
  }
  packets {
    count = 12
    every = "100ms"
    start = "10s"
    tcp {
      src     = "192.0.2.1"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + i
      flags   = "PA"
      payload = 120
    }
  }
  packets {
    count = 8
    every = "100ms"
    start = "30s"
    tcp {
      src     = "192.0.2.1"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + i
      flags   = "PA"
      payload = 120
    }
  }
  others = "allow"
  alert "ssh_failures" {
    count = 0
  }
}

test "Dropbear with messages of six lengths fires" {
  packets {
    count = 8
    every = "1s"
    tcp {
      src     = "192.0.2.1"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + i
      flags   = "PA"
      payload = "SSH-2.0-dropbear_2022.83\r\n${repeat("x", 300)}"
    }
  }
  packets {
    count = 8
    every = "1s"
    start = "100ms"
    tcp {
      src     = "192.0.2.1"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + i
      flags   = "PA"
      payload = 500
    }
  }
  packets {
    count = 24
    every = "300ms"
    start = "200ms"
    tcp {
      src     = "192.0.2.1"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + floor(i / 3)
      flags   = "PA"
      payload = 40 + 8 * (i % 4)
    }
  }
  others = "allow"
  alert "ssh_failures" {
    count = 1
  }
}

test "Dropbear with messages of seven lengths stays quiet" {
  packets {
    count = 8
    every = "1s"
    tcp {
      src     = "192.0.2.1"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + i
      flags   = "PA"
      payload = "SSH-2.0-dropbear_2022.83\r\n${repeat("x", 300)}"
    }
  }
  packets {
    count = 8
    every = "1s"
    start = "100ms"
    tcp {
      src     = "192.0.2.1"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + i
      flags   = "PA"
      payload = 500
    }
  }
  packets {
    count = 24
    every = "300ms"
    start = "200ms"
    tcp {
      src     = "192.0.2.1"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + floor(i / 3)
      flags   = "PA"
      payload = 40 + 8 * (i % 5)
    }
  }
  others = "allow"
  alert "ssh_failures" {
    count = 0
  }
}

test "four connections with forty short messages, their names among them, fire" {
  packets {
    count = 4
    every = "1s"
    tcp {
      src     = "192.0.2.1"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + i
      flags   = "PA"
      payload = "SSH-2.0-OpenSSH_9.2\r\n"
    }
  }
  packets {
    count = 8
    every = "100ms"
    start = "10s"
    tcp {
      src     = "192.0.2.1"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + i
      flags   = "PA"
      payload = 600
    }
  }
  packets {
    count = 36
    every = "100ms"
    start = "30s"
    tcp {
      src     = "192.0.2.1"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + i
      flags   = "PA"
      payload = 76
    }
  }
  others = "allow"
  alert "ssh_failures" {
    count = 1
  }
}

test "four connections with one less, and three, stay quiet" {
  packets {
    count = 4
    every = "1s"
    tcp {
      src     = "192.0.2.1"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + i
      flags   = "PA"
      payload = "SSH-2.0-OpenSSH_9.2\r\n"
    }
  }
  packets {
    count = 8
    every = "100ms"
    start = "10s"
    tcp {
      src     = "192.0.2.1"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + i
      flags   = "PA"
      payload = 600
    }
  }
  packets {
    count = 35
    every = "100ms"
    start = "30s"
    tcp {
      src     = "192.0.2.1"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + i
      flags   = "PA"
      payload = 76
    }
  }
  packets {
    count = 3
    every = "1s"
    tcp {
      src     = "192.0.2.2"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + i
      flags   = "PA"
      payload = "SSH-2.0-OpenSSH_9.2\r\n"
    }
  }
  packets {
    count = 6
    every = "100ms"
    start = "10s"
    tcp {
      src     = "192.0.2.2"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + i
      flags   = "PA"
      payload = 600
    }
  }
  packets {
    count = 60
    every = "100ms"
    start = "30s"
    tcp {
      src     = "192.0.2.2"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + i
      flags   = "PA"
      payload = 76
    }
  }
  others = "allow"
  alert "ssh_failures" {
    count = 0
  }
}

test "five connections need fifty" {
  packets {
    count = 5
    every = "1s"
    tcp {
      src     = "192.0.2.1"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + i
      flags   = "PA"
      payload = "SSH-2.0-OpenSSH_9.2\r\n"
    }
  }
  packets {
    count = 10
    every = "100ms"
    start = "10s"
    tcp {
      src     = "192.0.2.1"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + i
      flags   = "PA"
      payload = 600
    }
  }
  packets {
    count = 44
    every = "100ms"
    start = "30s"
    tcp {
      src     = "192.0.2.1"
      dst     = "198.51.100.7"
      srcport = 22
      dstport = 40000 + i
      flags   = "PA"
      payload = 76
    }
  }
  others = "allow"
  alert "ssh_failures" {
    count = 0
  }
}
