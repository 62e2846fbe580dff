test "the twenty-fifth closed door fires" {
  packets {
    count = 25
    every = "10s"
    connection {
      src     = "10.0.0.5"
      dst     = "192.0.2.${i + 1}"
      dstport = [445, 22][i % 2]
      state   = ["refused", "unanswered"][i % 2]
    }
  }
  alert "failed_connections" {
    count = 1
    key   = { "ip.src" = "10.0.0.5" }
    at    = "240s"
  }
}

test "24 closed doors stay quiet" {
  packets {
    count = 24
    every = "10s"
    connection {
      src     = "10.0.0.5"
      dst     = "192.0.2.${i + 1}"
      dstport = 445
      state   = "refused"
    }
  }
  others = "allow"
  alert "failed_connections" {
    count = 0
  }
}

test "one door many times stays quiet" {
  packets {
    count = 200
    every = "1s"
    connection {
      src     = "10.0.0.5"
      dst     = "192.0.2.1"
      srcport = 40000 + i
      dstport = 5432
      state   = "refused"
    }
  }
  others = "allow"
  alert "failed_connections" {
    count = 0
  }
}

test "a source that nobody answers stays quiet" {
  packets {
    count = 200
    every = "1s"
    connection {
      src     = "10.0.0.5"
      dst     = "192.0.2.${i % 250 + 1}"
      dstport = 445
      state   = "unanswered"
    }
  }
  others = "allow"
  alert "failed_connections" {
    count = 0
  }
}

test "doors that open stay quiet" {
  packets {
    count = 200
    every = "1s"
    connection {
      src     = "10.0.0.5"
      dst     = "192.0.2.${i % 250 + 1}"
      dstport = 443
    }
  }
  others = "allow"
  alert "failed_connections" {
    count = 0
  }
}

test "packets: closed ports of one host, slower than a scan" {
  packets {
    count = 12
    every = "9s"
    tcp {
      src     = "10.0.0.5"
      dst     = "192.0.2.1"
      srcport = 40000 + i
      dstport = 2000 + i
    }
  }
  packets {
    count = 12
    start = "1ms"
    every = "9s"
    tcp {
      src     = "192.0.2.1"
      dst     = "10.0.0.5"
      srcport = 2000 + i
      dstport = 40000 + i
      flags   = "RA"
      ack     = 1
    }
  }
  packets {
    count = 14
    start = "4s"
    every = "9s"
    tcp {
      src     = "10.0.0.5"
      dst     = "192.0.2.2"
      srcport = 41000 + i
      dstport = 3000 + i
    }
  }
  alert "failed_connections" {
    count = 1
    key   = { "ip.src" = "10.0.0.5" }
  }
  alert "refused_ports" {}
}

test "nmap" {
  pcap   = "../../testdata/pcap/nmap-sweep.pcap"
  others = "allow"
  alert "failed_connections" {
    count = 1
  }
}

test "what came just under 5 min before counts" {
  packets {
    count = 24
    every = "10s"
    connection {
      src     = "10.0.0.5"
      dst     = "192.0.2.${i + 1}"
      dstport = [445, 22][i % 2]
      state   = ["refused", "unanswered"][i % 2]
    }
  }
  packets {
    start = "299999ms"
    connection {
      src     = "10.0.0.5"
      dst     = "192.0.2.25"
      dstport = [445, 22][24 % 2]
      state   = ["refused", "unanswered"][i % 2]
    }
  }
  others = "allow"
  alert "failed_connections" {
    count = 1
  }
}

test "what came 5 min before no longer counts" {
  packets {
    count = 24
    every = "10s"
    connection {
      src     = "10.0.0.5"
      dst     = "192.0.2.${i + 1}"
      dstport = [445, 22][i % 2]
      state   = ["refused", "unanswered"][i % 2]
    }
  }
  packets {
    start = "5m"
    connection {
      src     = "10.0.0.5"
      dst     = "192.0.2.25"
      dstport = [445, 22][24 % 2]
      state   = ["refused", "unanswered"][i % 2]
    }
  }
  others = "allow"
  alert "failed_connections" {
    count = 0
  }
}
