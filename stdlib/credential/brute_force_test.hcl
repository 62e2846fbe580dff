test "the thirtieth attempt fires" {
  packets {
    count = 30
    every = "500ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 22
      flags   = "S"
    }
  }
  alert "brute_force" {
    count = 1
    key   = { "ip.src" = "198.51.100.7" }
    at    = "14500ms"
  }
}

test "29 attempts stay quiet" {
  packets {
    count = 29
    every = "500ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 22
      flags   = "S"
    }
  }
  quiet = true
}

test "an attempt exactly 30 s ago no longer counts" {
  packets {
    count = 29
    every = "500ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 22
      flags   = "S"
    }
  }
  packets {
    start = "30s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 22
      flags   = "S"
    }
  }
  quiet = true
}

test "an attempt just under 30 s ago counts" {
  packets {
    count = 29
    every = "500ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 22
      flags   = "S"
    }
  }
  packets {
    start = "29999ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 22
      flags   = "S"
    }
  }
  alert "brute_force" {
    count = 1
    at    = "29999ms"
  }
}

test "the services of one host add up" {
  packets {
    count = 30
    every = "500ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = [21, 22, 23, 25, 110, 143, 445, 1433, 3306, 3389, 5432, 5900][i % 12]
      flags   = "S"
    }
  }
  alert "brute_force" {
    count = 1
    at    = "14500ms"
  }
}

test "ports without a password prompt stay quiet" {
  packets {
    count = 49
    every = "500ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = [80, 443, 2222, 8080][i % 4]
      flags   = "S"
    }
  }
  quiet = true
}

test "one connection with many packets stays quiet" {
  packets {
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 22
      flags   = "S"
    }
  }
  packets {
    count = 500
    start = "10ms"
    every = "10ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 22
      flags   = "PA"
    }
  }
  quiet = true
}

test "one password on many hosts is a brute force and a sweep" {
  packets {
    count = 30
    every = "500ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.${i + 1}"
      srcport = 40000 + i
      dstport = 22
      flags   = "S"
    }
  }
  alert "host_sweep" {
    count = 1
    at    = "12s"
  }
  alert "brute_force" {
    count = 1
    at    = "14500ms"
  }
}

test "IPv6" {
  packets {
    count = 30
    every = "500ms"
    tcp {
      src     = "2001:db8:7::1"
      dst     = "2001:db8::10"
      srcport = 40000 + i
      dstport = 22
      flags   = "S"
    }
  }
  alert "brute_force" {
    count = 1
    key   = { "ip.src" = "2001:db8:7::1" }
    at    = "14500ms"
  }
}

test "hydra on FTP" {
  pcap = "../../testdata/pcap/hydra-ftp.pcap.gz"
  alert "brute_force" {
    key = { "ip.src" = "198.51.100.22" }
  }
  alert "login_failures" {}
}

test "hydra on SSH" {
  pcap = "../../testdata/pcap/hydra-ssh.pcap.gz"
  alert "brute_force" {
    key = { "ip.src" = "198.51.100.22" }
  }
  alert "ssh_failures" {}
}

test "one SSH login" {
  pcap  = "../../testdata/pcap/ssh-benign.pcap"
  quiet = true
}

test "six clients of a database that does not answer stay quiet" {
  packets {
    count = 30
    tcp {
      src     = "10.0.0.30"
      dst     = "10.0.0.20"
      srcport = 50000 + i % 6
      dstport = 5432
      flags   = "S"
      seq     = 1000 * (i % 6)
    }
    every = "500ms"
  }
  quiet = true
}

test "few SYNs that are sent again do not hide an attack" {
  packets {
    count = 33
    every = "500ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + (i == 7 || i == 9 ? i - 1 : i)
      dstport = 22
      flags   = "S"
    }
  }
  alert "brute_force" {
    count = 1
    at    = "14500ms"
  }
}
