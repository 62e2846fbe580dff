test "the second server fires" {
  packets {
    count = 2
    every = "10ms"
    dhcp {
      type = "offer"
      mac  = "02:00:00:00:00:01"
      src  = "10.0.0.${i + 1}"
    }
  }
  alert "dhcp_two_servers" {
    count = 1
    key   = { "dhcp.hw.mac_addr" = "02:00:00:00:00:01" }
    at    = "10ms"
  }
}

test "one server with many clients, and another link's server, stay quiet" {
  packets {
    count = 20
    every = "10ms"
    dhcp {
      type = ["offer", "ack"][i % 2]
      mac  = "02:00:00:00:00:0${i % 9}"
      src  = "10.0.0.1"
    }
  }
  packets {
    dhcp {
      type = "offer"
      mac  = "02:00:00:00:01:01"
      src  = "10.0.1.1"
    }
  }
  quiet = true
}

# BOOTREPLY with a DHCPACK to 02:00:00:00:00:01; yiaddr is what the test says.
test "two acknowledgments without an address, as DHCPINFORM gets, stay quiet" {
  packets {
    count = 2
    every = "10ms"
    udp {
      src         = "10.0.0.${i + 1}"
      dst         = "10.0.0.30"
      srcport     = 67
      dstport     = 68
      payload_hex = "02010600 00000007 00000000 0a00001e 00000000 00000000 00000000 020000000001${repeat("00", 10)}${repeat("00", 192)}63825363350105ff"
    }
  }
  quiet = true
}

test "two acknowledgments of the same lease fire" {
  packets {
    count = 2
    every = "10ms"
    udp {
      src         = "10.0.0.${i + 1}"
      dst         = "10.0.0.30"
      srcport     = 67
      dstport     = 68
      payload_hex = "02010600 00000007 00000000 00000000 0a00001e 00000000 00000000 020000000001${repeat("00", 10)}${repeat("00", 192)}63825363350105ff"
    }
  }
  alert "dhcp_two_servers" {
    count = 1
    key   = { "dhcp.hw.mac_addr" = "02:00:00:00:00:01" }
    at    = "10ms"
  }
}

test "what came just under 60 s before counts" {
  packets {
    dhcp {
      type = "offer"
      mac  = "02:00:00:00:00:01"
      src  = "10.0.0.1"
    }
  }
  packets {
    start = "59999ms"
    dhcp {
      type = "offer"
      mac  = "02:00:00:00:00:01"
      src  = "10.0.0.2"
    }
  }
  others = "allow"
  alert "dhcp_two_servers" {
    count = 1
  }
}

test "what came 60 s before no longer counts" {
  packets {
    dhcp {
      type = "offer"
      mac  = "02:00:00:00:00:01"
      src  = "10.0.0.1"
    }
  }
  packets {
    start = "1m"
    dhcp {
      type = "offer"
      mac  = "02:00:00:00:00:01"
      src  = "10.0.0.2"
    }
  }
  others = "allow"
  alert "dhcp_two_servers" {
    count = 0
  }
}

test "a server, and a relay that hands its answers on, are one" {
  packets {
    count = 2
    every = "10ms"
    udp {
      src         = "10.0.0.${i + 1}"
      dst         = "10.0.0.30"
      srcport     = 67
      dstport     = 68
      payload_hex = "02010600 00000007 00000000 00000000 0a00001e 00000000 00000000 020000000001${repeat("00", 10)}${repeat("00", 192)}6382536335010536040a000902ff"
    }
  }
  quiet = true
}

test "two servers that name themselves fire" {
  packets {
    count = 2
    every = "10ms"
    udp {
      src         = "10.0.0.${i + 1}"
      dst         = "10.0.0.30"
      srcport     = 67
      dstport     = 68
      payload_hex = "02010600 00000007 00000000 00000000 0a00001e 00000000 00000000 020000000001${repeat("00", 10)}${repeat("00", 192)}6382536335010536040a00000${i + 1}ff"
    }
  }
  alert "dhcp_two_servers" { count = 1 }
}

test "a second server that names nobody fires" {
  packets {
    count = 2
    every = "10ms"
    udp {
      src         = "10.0.0.${i + 1}"
      dst         = "10.0.0.30"
      srcport     = 67
      dstport     = 68
      payload_hex = "02010600 00000007 00000000 00000000 0a00001e 00000000 00000000 020000000001${repeat("00", 10)}${repeat("00", 192)}63825363350105${i == 0 ? "36040a000001" : "0104ffffff00"}ff"
    }
  }
  alert "dhcp_two_servers" { count = 1 }
}

test "udhcpc between two servers of dnsmasq" {
  pcap = "../../testdata/pcap/dhcp-rogue.pcap"
  alert "dhcp_two_servers" {
    count = 1
  }
}
