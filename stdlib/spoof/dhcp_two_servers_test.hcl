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
