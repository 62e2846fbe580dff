test "the fiftieth client fires" {
  packets {
    count = 50
    every = "1s"
    dhcp {
      mac = format("02:00:00:00:00:%02x", i)
    }
  }
  alert "dhcp_starvation" {
    count = 1
    at    = "49s"
  }
}

test "49 clients that look, and more that ask for what they had, stay quiet" {
  packets {
    count = 49
    every = "500ms"
    dhcp {
      mac = format("02:00:00:00:00:%02x", i)
    }
  }
  packets {
    count = 200
    every = "100ms"
    dhcp {
      type = "request"
      mac  = format("02:00:00:00:01:%02x", i)
    }
  }
  quiet = true
}

test "a recording of the lab" {
  pcap   = "../../testdata/pcap/yersinia-dhcp.pcap.gz"
  others = "allow"
  alert "dhcp_starvation" {
    count = 1
  }
}
