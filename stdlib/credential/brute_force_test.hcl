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
  alert "passwords_tried" {}
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

test "a program without a pool connects to PostgreSQL for each query" {
  packets {
    count = 60
    start = "0ms"
    every = "200ms"
    tcp {
      src     = "10.0.0.30"
      dst     = "10.0.0.26"
      srcport = 40000 + i
      dstport = 5432
      flags   = "S"
    }
  }
  packets {
    count = 60
    start = "50ms"
    every = "200ms"
    tcp {
      src     = "10.0.0.30"
      dst     = "10.0.0.26"
      srcport = 40000 + i
      dstport = 5432
      flags   = "PA"
      seq     = 1
      ack     = 1
      payload = "Q\u0000\u0000\u0000\rselect 1\u0000"
    }
  }
  others = "allow"
  alert "brute_force" {
    count = 0
  }
}

test "a program without a pool connects to MySQL for each query" {
  packets {
    count = 60
    start = "0ms"
    every = "200ms"
    tcp {
      src     = "10.0.0.30"
      dst     = "10.0.0.26"
      srcport = 40000 + i
      dstport = 3306
      flags   = "S"
    }
  }
  packets {
    count = 60
    start = "50ms"
    every = "200ms"
    tcp {
      src     = "10.0.0.30"
      dst     = "10.0.0.26"
      srcport = 40000 + i
      dstport = 3306
      flags   = "PA"
      seq     = 1
      ack     = 1
      payload = "\t\u0000\u0000\u0000\u0003select 1"
    }
  }
  others = "allow"
  alert "brute_force" {
    count = 0
  }
}

test "passwords at PostgreSQL, after which nothing is asked, fire" {
  packets {
    count = 60
    start = "0ms"
    every = "200ms"
    tcp {
      src     = "10.0.0.30"
      dst     = "10.0.0.26"
      srcport = 40000 + i
      dstport = 5432
      flags   = "S"
    }
  }
  packets {
    count = 60
    start = "50ms"
    every = "200ms"
    tcp {
      src     = "10.0.0.30"
      dst     = "10.0.0.26"
      srcport = 40000 + i
      dstport = 5432
      flags   = "PA"
      seq     = 1
      ack     = 1
      payload = "p\u0000\u0000\u0000\rpassword\u0000"
    }
  }
  others = "allow"
  alert "brute_force" { count = 1 }
}

test "queries on connections of before hide no guesses at SSH" {
  packets {
    count = 60
    start = "50ms"
    every = "200ms"
    tcp {
      src     = "10.0.0.30"
      dst     = "10.0.0.26"
      srcport = 40000 + i
      dstport = 5432
      flags   = "PA"
      seq     = 1
      ack     = 1
      payload = "Q\u0000\u0000\u0000\rselect 1\u0000"
    }
  }
  packets {
    count = 30
    start = "0ms"
    every = "400ms"
    tcp {
      src     = "10.0.0.30"
      dst     = "10.0.0.20"
      srcport = 50000 + i
      dstport = 22
      flags   = "S"
    }
  }
  others = "allow"
  alert "brute_force" { count = 1 }
}

test "what looks after all other hosts stays quiet" {
  set = { monitors = ["192.168.1.20"] }
  packets {
    count = 40
    every = "100ms"
    tcp {
      src     = "192.168.1.20"
      dst     = "203.0.113.9"
      srcport = 40000 + i
      dstport = 22
      flags   = "S"
    }
  }
  others = "allow"
  alert "brute_force" {
    count = 0
  }
}

test "a neighbour of what looks after all other hosts fires" {
  set = { monitors = ["192.168.1.20"] }
  packets {
    count = 40
    every = "100ms"
    tcp {
      src     = "192.168.1.21"
      dst     = "203.0.113.9"
      srcport = 40000 + i
      dstport = 22
      flags   = "S"
    }
  }
  others = "allow"
  alert "brute_force" {
    count = 1
  }
}

test "guessing that goes on is told once in five minutes" {
  packets {
    count = 280
    every = "1s"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 22
      flags   = "S"
    }
  }
  alert "brute_force" { count = 1 }
  others = "allow"
}
