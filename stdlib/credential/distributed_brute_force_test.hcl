test "the twentieth source fires" {
  packets {
    count = 20
    every = "2s"
    tcp {
      src     = "198.51.100.${i + 1}"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 22
      flags   = "S"
    }
  }
  alert "distributed_brute_force" {
    count = 1
    key   = { "ip.dst" = "192.0.2.10", "tcp.dstport" = 22 }
    at    = "38s"
  }
}

test "nineteen sources stay quiet however often they try" {
  packets {
    count = 190
    every = "300ms"
    tcp {
      src     = "198.51.100.${i % 19 + 1}"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 22
      flags   = "S"
    }
  }
  quiet = true
}

test "a source exactly 60 s ago no longer counts" {
  packets {
    count = 19
    every = "2s"
    tcp {
      src     = "198.51.100.${i + 1}"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 22
      flags   = "S"
    }
  }
  packets {
    start = "60s"
    tcp {
      src     = "198.51.100.20"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 22
      flags   = "S"
    }
  }
  quiet = true
}

test "a source just under 60 s ago counts" {
  packets {
    count = 19
    every = "2s"
    tcp {
      src     = "198.51.100.${i + 1}"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 22
      flags   = "S"
    }
  }
  packets {
    start = "59999ms"
    tcp {
      src     = "198.51.100.20"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 22
      flags   = "S"
    }
  }
  alert "distributed_brute_force" {
    count = 1
    at    = "59999ms"
  }
}

test "sources are counted for each host and port by itself" {
  packets {
    count = 36
    every = "1s"
    tcp {
      src     = "198.51.100.${i + 1}"
      dst     = "192.0.2.${10 + i % 2}"
      srcport = 40000 + i
      dstport = 22
      flags   = "S"
    }
  }
  packets {
    count = 18
    start = "500ms"
    every = "1s"
    tcp {
      src     = "198.51.100.${i + 1}"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 3389
      flags   = "S"
    }
  }
  quiet = true
}

test "a web server with many clients stays quiet" {
  packets {
    count = 200
    every = "100ms"
    tcp {
      src     = "198.51.100.${i + 1}"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 443
      flags   = "S"
    }
  }
  quiet = true
}

test "IPv6" {
  packets {
    count = 20
    every = "2s"
    tcp {
      src     = "2001:db8:7::${i + 1}"
      dst     = "2001:db8::10"
      srcport = 40000 + i
      dstport = 22
      flags   = "S"
    }
  }
  alert "distributed_brute_force" {
    count = 1
    key   = { "ip.dst" = "2001:db8::10", "tcp.dstport" = 22 }
    at    = "38s"
  }
}

test "many sources with sessions in progress stay quiet" {
  packets {
    count = 300
    every = "100ms"
    tcp {
      src     = "198.51.100.${i % 60 + 1}"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 22
      flags   = "PA"
    }
  }
  quiet = true
}

test "nc from 24 addresses" {
  pcap = "../../testdata/pcap/nc-distributed-ssh.pcap"
  alert "distributed_brute_force" {
    key = { "ip.dst" = "10.0.0.20", "tcp.dstport" = 22 }
  }
}

test "one SSH login" {
  pcap  = "../../testdata/pcap/ssh-benign.pcap"
  quiet = true
}

test "25 hosts of an office that connect to their file server stay quiet" {
  packets {
    count = 25
    every = "1s"
    tcp {
      src     = "10.0.0.${100 + i}"
      dst     = "10.0.0.25"
      srcport = 40000 + i
      dstport = 445
      flags   = "S"
    }
  }
  others = "allow"
  alert "distributed_brute_force" {
    count = 0
  }
}

test "25 hosts outside that connect to a file server fire" {
  packets {
    count = 25
    every = "1s"
    tcp {
      src     = "203.0.113.${100 + i}"
      dst     = "10.0.0.25"
      srcport = 40000 + i
      dstport = 445
      flags   = "S"
    }
  }
  others = "allow"
  alert "distributed_brute_force" {
    count = 1
  }
}

test "25 hosts of an office that connect to one's SSH fire" {
  packets {
    count = 25
    every = "1s"
    tcp {
      src     = "10.0.0.${100 + i}"
      dst     = "10.0.0.25"
      srcport = 40000 + i
      dstport = 22
      flags   = "S"
    }
  }
  others = "allow"
  alert "distributed_brute_force" {
    count = 1
  }
}

test "mail, files and databases of an office stay quiet" {
  packets {
    count = 20
    every = "100ms"
    tcp {
      src     = "10.0.0.${1 + i}"
      dst     = "10.0.1.1"
      srcport = 40000 + i
      dstport = 25
      flags   = "S"
    }
  }
  packets {
    count = 20
    every = "100ms"
    tcp {
      src     = "10.0.0.${1 + i}"
      dst     = "10.0.1.2"
      srcport = 40000 + i
      dstport = 445
      flags   = "S"
    }
  }
  packets {
    count = 20
    every = "100ms"
    tcp {
      src     = "10.0.0.${1 + i}"
      dst     = "10.0.1.3"
      srcport = 40000 + i
      dstport = 1433
      flags   = "S"
    }
  }
  packets {
    count = 20
    every = "100ms"
    tcp {
      src     = "10.0.0.${1 + i}"
      dst     = "10.0.1.4"
      srcport = 40000 + i
      dstport = 3306
      flags   = "S"
    }
  }
  packets {
    count = 20
    every = "100ms"
    tcp {
      src     = "10.0.0.${1 + i}"
      dst     = "10.0.1.5"
      srcport = 40000 + i
      dstport = 5432
      flags   = "S"
    }
  }
  others = "allow"
  alert "distributed_brute_force" {
    count = 0
  }
}

test "from outside they fire" {
  packets {
    count = 20
    every = "100ms"
    tcp {
      src     = "198.51.100.${1 + i}"
      dst     = "10.0.1.1"
      srcport = 40000 + i
      dstport = 25
      flags   = "S"
    }
  }
  packets {
    count = 20
    every = "100ms"
    tcp {
      src     = "198.51.100.${1 + i}"
      dst     = "10.0.1.2"
      srcport = 40000 + i
      dstport = 445
      flags   = "S"
    }
  }
  packets {
    count = 20
    every = "100ms"
    tcp {
      src     = "198.51.100.${1 + i}"
      dst     = "10.0.1.3"
      srcport = 40000 + i
      dstport = 1433
      flags   = "S"
    }
  }
  packets {
    count = 20
    every = "100ms"
    tcp {
      src     = "198.51.100.${1 + i}"
      dst     = "10.0.1.4"
      srcport = 40000 + i
      dstport = 3306
      flags   = "S"
    }
  }
  packets {
    count = 20
    every = "100ms"
    tcp {
      src     = "198.51.100.${1 + i}"
      dst     = "10.0.1.5"
      srcport = 40000 + i
      dstport = 5432
      flags   = "S"
    }
  }
  others = "allow"
  alert "distributed_brute_force" {
    count = 5
  }
}

test "an office that connects to a server outside fires" {
  packets {
    count = 20
    every = "100ms"
    tcp {
      src     = "10.0.0.${1 + i}"
      dst     = "192.0.2.9"
      srcport = 40000 + i
      dstport = 25
      flags   = "S"
    }
  }
  others = "allow"
  alert "distributed_brute_force" {
    count = 1
  }
}

test "other login services of an office fire" {
  packets {
    count = 20
    every = "100ms"
    tcp {
      src     = "10.0.0.${1 + i}"
      dst     = "10.0.1.1"
      srcport = 40000 + i
      dstport = 21
      flags   = "S"
    }
  }
  packets {
    count = 20
    every = "100ms"
    tcp {
      src     = "10.0.0.${1 + i}"
      dst     = "10.0.1.2"
      srcport = 40000 + i
      dstport = 22
      flags   = "S"
    }
  }
  packets {
    count = 20
    every = "100ms"
    tcp {
      src     = "10.0.0.${1 + i}"
      dst     = "10.0.1.3"
      srcport = 40000 + i
      dstport = 23
      flags   = "S"
    }
  }
  packets {
    count = 20
    every = "100ms"
    tcp {
      src     = "10.0.0.${1 + i}"
      dst     = "10.0.1.4"
      srcport = 40000 + i
      dstport = 110
      flags   = "S"
    }
  }
  packets {
    count = 20
    every = "100ms"
    tcp {
      src     = "10.0.0.${1 + i}"
      dst     = "10.0.1.5"
      srcport = 40000 + i
      dstport = 143
      flags   = "S"
    }
  }
  packets {
    count = 20
    every = "100ms"
    tcp {
      src     = "10.0.0.${1 + i}"
      dst     = "10.0.1.6"
      srcport = 40000 + i
      dstport = 3389
      flags   = "S"
    }
  }
  packets {
    count = 20
    every = "100ms"
    tcp {
      src     = "10.0.0.${1 + i}"
      dst     = "10.0.1.7"
      srcport = 40000 + i
      dstport = 5900
      flags   = "S"
    }
  }
  others = "allow"
  alert "distributed_brute_force" {
    count = 7
  }
}
