test "the hundred and twentieth address fires" {
  packets {
    count = 120
    every = "10ms"
    arp {
      src_mac = "02:00:00:00:00:66"
      src_ip  = "192.0.2.166"
      dst_ip  = "192.0.2.${1 + i}"
    }
  }
  alert "arp_sweep" {
    count = 1
    key   = { "arp.src.hw_mac" = "02:00:00:00:00:66" }
    at    = "1190ms"
  }
}

test "119 addresses stay quiet" {
  packets {
    count = 119
    every = "10ms"
    arp {
      src_mac = "02:00:00:00:00:66"
      src_ip  = "192.0.2.166"
      dst_ip  = "192.0.2.${1 + i}"
    }
  }
  quiet = true
}

test "one address, asked for again and again, stays quiet" {
  packets {
    count = 300
    every = "10ms"
    arp {
      src_mac = "02:00:00:00:00:66"
      src_ip  = "192.0.2.66"
      dst_ip  = "192.0.2.1"
    }
  }
  quiet = true
}

test "a recording of the lab" {
  pcap = "../../testdata/pcap/nmap-arp-sweep.pcap"
  alert "arp_sweep" {
    count = 1
  }
}

test "what came just under 10 s before counts" {
  packets {
    count = 119
    every = "10ms"
    arp {
      src_mac = "02:00:00:00:00:66"
      src_ip  = "192.0.2.166"
      dst_ip  = "192.0.2.${1 + i}"
    }
  }
  packets {
    start = "9999ms"
    arp {
      src_mac = "02:00:00:00:00:66"
      src_ip  = "192.0.2.166"
      dst_ip  = "192.0.2.120"
    }
  }
  others = "allow"
  alert "arp_sweep" {
    count = 1
  }
}

test "what came 10 s before no longer counts" {
  packets {
    count = 119
    every = "10ms"
    arp {
      src_mac = "02:00:00:00:00:66"
      src_ip  = "192.0.2.166"
      dst_ip  = "192.0.2.${1 + i}"
    }
  }
  packets {
    start = "10s"
    arp {
      src_mac = "02:00:00:00:00:66"
      src_ip  = "192.0.2.166"
      dst_ip  = "192.0.2.120"
    }
  }
  others = "allow"
  alert "arp_sweep" {
    count = 0
  }
}

test "a router with several networks of public addresses stays quiet" {
  packets {
    count = 200
    every = "22ms"
    arp {
      src_mac = "5c:dd:70:91:72:e2"
      src_ip  = "${i % 2 == 0 ? "203.0.113.254" : "198.51.100.254"}"
      dst_ip  = "${i % 2 == 0 ? "203.0.113" : "198.51.100"}.${i + 1}"
    }
  }
  quiet = true
}

test "one that asks for private addresses fires, whatever it calls itself" {
  packets {
    count = 120
    every = "22ms"
    arp {
      src_mac = "02:00:00:00:00:66"
      src_ip  = "10.0.0.${200 + i % 2}"
      dst_ip  = "10.0.0.${i + 1}"
    }
  }
  alert "arp_sweep" { count = 1 }
}
