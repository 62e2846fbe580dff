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
