test "Telnet is taken" {
  others = "allow"
  packets {
    connection {
      src     = "10.0.0.30"
      dst     = "10.0.0.20"
      dstport = 23
      state   = "established"
    }
  }
  alert "cleartext" {
  }
}

test "Telnet is refused" {
  others = "allow"
  packets {
    connection {
      src     = "10.0.0.30"
      dst     = "10.0.0.20"
      dstport = 23
      state   = "refused"
    }
  }
  packets {
    start = "1s"
    connection {
      src     = "10.0.0.30"
      dst     = "10.0.0.20"
      dstport = 22
      state   = "established"
    }
  }
  alert "cleartext" {
    max = 0
  }
}

test "a server of this week alone" {
  others = "allow"
  packets {
    connection {
      src     = "10.0.0.30"
      dst     = "10.0.0.20"
      dstport = 443
      state   = "established"
    }
  }
  packets {
    start = "8d"
    connection {
      src     = "10.0.0.30"
      dst     = "10.0.0.20"
      dstport = 8443
      state   = "established"
    }
  }
  alert "known_services" {
  }
}

test "a server of always" {
  others = "allow"
  packets {
    connection {
      src     = "10.0.0.30"
      dst     = "10.0.0.20"
      dstport = 443
      state   = "established"
    }
  }
  packets {
    start = "8d"
    connection {
      src     = "198.51.100.7"
      dst     = "10.0.0.20"
      dstport = 443
      state   = "established"
    }
  }
  alert "known_services" {
    max = 0
  }
}

test "a packet of the list" {
  others = "allow"
  packets {
    tcp {
      src     = "192.0.2.7"
      dst     = "10.0.0.20"
      dstport = 80
    }
  }
  alert "from_drop" {
  }
}

test "a packet of its neighbour" {
  others = "allow"
  packets {
    tcp {
      src     = "192.0.2.200"
      dst     = "10.0.0.20"
      dstport = 80
    }
  }
  alert "from_drop" {
    max = 0
  }
}

test "a tunnel" {
  pcap   = "gre.pcap"
  others = "allow"
  alert "gre_tunnel" {
  }
}

test "no tunnel" {
  others = "allow"
  packets {
    tcp {
      src     = "198.51.100.7"
      dst     = "10.0.0.20"
      dstport = 80
    }
  }
  alert "gre_tunnel" {
    max = 0
  }
}

test "a look at the metadata" {
  others = "allow"
  packets {
    tcp {
      src     = "10.0.0.30"
      dst     = "169.254.169.254"
      dstport = 80
    }
  }
  alert "metadata_service" {
  }
}

test "a look at a neighbour" {
  others = "allow"
  packets {
    tcp {
      src     = "10.0.0.30"
      dst     = "169.254.169.1"
      dstport = 80
    }
  }
  alert "metadata_service" {
    max = 0
  }
}

test "SSH on 2222" {
  others = "allow"
  packets {
    tcp {
      src     = "10.0.0.30"
      dst     = "10.0.0.20"
      srcport = 40000
      dstport = 2222
      flags   = "S"
      seq     = 1
    }
  }
  packets {
    start = "10ms"
    tcp {
      src     = "10.0.0.20"
      dst     = "10.0.0.30"
      srcport = 2222
      dstport = 40000
      flags   = "SA"
      seq     = 1
      ack     = 2
    }
  }
  packets {
    start = "20ms"
    tcp {
      src     = "10.0.0.30"
      dst     = "10.0.0.20"
      srcport = 40000
      dstport = 2222
      flags   = "A"
      seq     = 2
      ack     = 2
    }
  }
  packets {
    start = "30ms"
    tcp {
      src         = "10.0.0.30"
      dst         = "10.0.0.20"
      srcport     = 40000
      dstport     = 2222
      flags       = "PA"
      seq         = 2
      ack         = 2
      payload_hex = "5353482d322e302d4f70656e5353485f392e360d0a"
    }
  }
  alert "ssh_other_port_said" {
  }
}

test "SSH on 22" {
  others = "allow"
  packets {
    tcp {
      src     = "10.0.0.30"
      dst     = "10.0.0.20"
      srcport = 40000
      dstport = 22
      flags   = "S"
      seq     = 1
    }
  }
  packets {
    start = "10ms"
    tcp {
      src     = "10.0.0.20"
      dst     = "10.0.0.30"
      srcport = 22
      dstport = 40000
      flags   = "SA"
      seq     = 1
      ack     = 2
    }
  }
  packets {
    start = "20ms"
    tcp {
      src     = "10.0.0.30"
      dst     = "10.0.0.20"
      srcport = 40000
      dstport = 22
      flags   = "A"
      seq     = 2
      ack     = 2
    }
  }
  packets {
    start = "30ms"
    tcp {
      src         = "10.0.0.30"
      dst         = "10.0.0.20"
      srcport     = 40000
      dstport     = 22
      flags       = "PA"
      seq         = 2
      ack         = 2
      payload_hex = "5353482d322e302d4f70656e5353485f392e360d0a"
    }
  }
  alert "ssh_other_port_said" {
    max = 0
  }
}

test "RDP from outside" {
  others = "allow"
  packets {
    tcp {
      src     = "198.51.100.7"
      dst     = "10.0.0.20"
      dstport = 3389
    }
  }
  alert "rdp_from_internet" {
  }
}

test "RDP from inside" {
  others = "allow"
  packets {
    tcp {
      src     = "10.0.0.30"
      dst     = "10.0.0.20"
      dstport = 3389
    }
  }
  alert "rdp_from_internet" {
    max = 0
  }
}

test "a source of today" {
  others = "allow"
  packets {
    tcp {
      src     = "198.51.100.7"
      dst     = "10.0.0.20"
      dstport = 80
    }
  }
  packets {
    start = "2d"
    tcp {
      src     = "198.51.100.7"
      dst     = "10.0.0.20"
      dstport = 445
    }
  }
  alert "new_smb_source" {
  }
}

test "a source of the first day" {
  others = "allow"
  packets {
    tcp {
      src     = "198.51.100.7"
      dst     = "10.0.0.20"
      dstport = 445
    }
  }
  packets {
    start = "2d"
    tcp {
      src     = "198.51.100.7"
      dst     = "10.0.0.20"
      dstport = 445
    }
  }
  alert "new_smb_source" {
    max = 0
  }
}

test "a big echo of today" {
  others = "allow"
  packets {
    start = "0s"
    icmp {
      src     = "10.0.0.30"
      dst     = "198.51.100.7"
      payload = 56
    }
  }
  packets {
    start = "2d"
    icmp {
      src     = "10.0.0.30"
      dst     = "198.51.100.7"
      payload = 1000
    }
  }
  alert "icmp_tunnel_new" {
  }
}

test "small echoes, and big ones of always" {
  others = "allow"
  packets {
    start = "0s"
    icmp {
      src     = "10.0.0.30"
      dst     = "198.51.100.7"
      payload = 1000
    }
  }
  packets {
    start = "2d"
    icmp {
      src     = "10.0.0.30"
      dst     = "198.51.100.7"
      payload = 56
    }
  }
  packets {
    start = "3d"
    icmp {
      src     = "10.0.0.30"
      dst     = "198.51.100.7"
      payload = 1000
    }
  }
  alert "icmp_tunnel_new" {
    max = 0
  }
}

test "a new country" {
  others = "allow"
  packets {
    tcp {
      src     = "10.0.0.30"
      dst     = "198.51.100.7"
      dstport = 443
    }
  }
  packets {
    start = "8d"
    tcp {
      src     = "10.0.0.30"
      dst     = "203.0.113.7"
      dstport = 443
    }
  }
  alert "rare_country" {
    key = { "geoip.country(ip.dst)" = "FR" }
  }
}

test "a country of always" {
  others = "allow"
  packets {
    tcp {
      src     = "10.0.0.30"
      dst     = "198.51.100.7"
      dstport = 443
    }
  }
  packets {
    start = "8d"
    tcp {
      src     = "10.0.0.31"
      dst     = "198.51.100.99"
      dstport = 443
    }
  }
  alert "rare_country" {
    max = 0
  }
}

test "a call a minute" {
  others = "allow"
  packets {
    count = 20
    every = "60s"
    tcp {
      src     = "10.0.0.30"
      dst     = "203.0.113.5"
      dstport = 443
    }
  }
  alert "even_calls" {
    count = 1
  }
}

test "a person" {
  others = "allow"
  packets {
    start = "0s"
    count = 6
    every = "11s"
    tcp {
      src     = "10.0.0.30"
      dst     = "203.0.113.5"
      dstport = 443
    }
  }
  packets {
    start = "300s"
    count = 6
    every = "11s"
    tcp {
      src     = "10.0.0.30"
      dst     = "203.0.113.5"
      dstport = 443
    }
  }
  packets {
    start = "600s"
    count = 6
    every = "11s"
    tcp {
      src     = "10.0.0.30"
      dst     = "203.0.113.5"
      dstport = 443
    }
  }
  packets {
    start = "900s"
    count = 6
    every = "11s"
    tcp {
      src     = "10.0.0.30"
      dst     = "203.0.113.5"
      dstport = 443
    }
  }
  packets {
    start = "1200s"
    count = 6
    every = "11s"
    tcp {
      src     = "10.0.0.30"
      dst     = "203.0.113.5"
      dstport = 443
    }
  }
  alert "even_calls" {
    max = 0
  }
}

test "two offers" {
  others = "allow"
  packets {
    start = "0s"
    dhcp {
      type = "offer"
      src  = "10.0.0.1"
      dst  = "10.0.0.99"
      mac  = "02:00:00:00:00:42"
    }
  }
  packets {
    start = "1s"
    dhcp {
      type = "offer"
      src  = "10.0.0.66"
      dst  = "10.0.0.99"
      mac  = "02:00:00:00:00:42"
    }
  }
  alert "two_dhcp_servers" {
  }
}

test "two offers of one server, and one for another client" {
  others = "allow"
  packets {
    start = "0s"
    dhcp {
      type = "offer"
      src  = "10.0.0.1"
      dst  = "10.0.0.99"
      mac  = "02:00:00:00:00:42"
    }
  }
  packets {
    start = "1s"
    dhcp {
      type = "offer"
      src  = "10.0.0.1"
      dst  = "10.0.0.99"
      mac  = "02:00:00:00:00:42"
    }
  }
  packets {
    start = "2s"
    dhcp {
      type = "offer"
      src  = "10.0.0.66"
      dst  = "10.0.0.99"
      mac  = "02:00:00:00:00:43"
    }
  }
  alert "two_dhcp_servers" {
    max = 0
  }
}

test "nine hours" {
  others = "allow"
  packets {
    connection {
      src      = "10.0.0.30"
      dst      = "203.0.113.5"
      dstport  = 443
      state    = "closed"
      duration = "9h"
    }
  }
  alert "long_lived" {
    severity = "medium"
  }
}

test "three hours" {
  others = "allow"
  packets {
    connection {
      src      = "10.0.0.30"
      dst      = "203.0.113.5"
      dstport  = 443
      state    = "closed"
      duration = "3h"
    }
  }
  alert "long_lived" {
    max = 0
  }
}

test "27 MB to a server of a botnet" {
  others = "allow"
  packets {
    count = 3
    every = "1h"
    connection {
      src       = "10.0.0.30"
      dst       = "203.0.113.66"
      dstport   = 443
      state     = "closed"
      bytes_out = 8000000
      bytes_in  = 1000000
    }
  }
  alert "intel_bytes" {
  }
}

test "27 MB to one that may be one" {
  others = "allow"
  packets {
    count = 3
    every = "1h"
    connection {
      src       = "10.0.0.30"
      dst       = "203.0.113.99"
      dstport   = 443
      state     = "closed"
      bytes_out = 8000000
      bytes_in  = 1000000
    }
  }
  alert "intel_bytes" {
    max = 0
  }
}

test "the echo of EternalBlue is answered" {
  others = "allow"
  packets {
    start = "0s"
    tcp {
      src         = "198.51.100.7"
      dst         = "10.0.0.20"
      srcport     = 40000
      dstport     = 445
      flags       = "PA"
      payload_hex = "00000031ff534d422b000000001807c0000000000000000000000000000000000000000000000000000000004a6c4a6d4968436c42737200"
    }
  }
  packets {
    start = "100ms"
    tcp {
      src         = "10.0.0.20"
      dst         = "198.51.100.7"
      srcport     = 445
      dstport     = 40000
      flags       = "PA"
      payload_hex = "00000031ff534d422b000000009807c0000000000000000000000000000000000000000000000000000000004a6c4a6d4968436c42737200"
    }
  }
  alert "eternalblue_pair" {
    count = 1
    at    = "100ms"
  }
}

test "the echo of EternalBlue is answered to another, or not at all" {
  others = "allow"
  packets {
    start = "0s"
    tcp {
      src         = "198.51.100.7"
      dst         = "10.0.0.20"
      srcport     = 40000
      dstport     = 445
      flags       = "PA"
      payload_hex = "00000031ff534d422b000000001807c0000000000000000000000000000000000000000000000000000000004a6c4a6d4968436c42737200"
    }
  }
  packets {
    start = "100ms"
    tcp {
      src         = "10.0.0.20"
      dst         = "198.51.100.7"
      srcport     = 445
      dstport     = 40001
      flags       = "PA"
      payload_hex = "00000031ff534d422b000000009807c0000000000000000000000000000000000000000000000000000000004a6c4a6d4968436c42737200"
    }
  }
  packets {
    start = "200ms"
    tcp {
      src         = "10.0.0.20"
      dst         = "198.51.100.7"
      srcport     = 445
      dstport     = 40000
      flags       = "PA"
      payload_hex = "00000031ff534d422b000000001807c0000000000000000000000000000000000000000000000000000000004a6c4a6d4968436c42737200"
    }
  }
  alert "eternalblue_pair" {
    max = 0
  }
}
