test "another server after a week fires" {
  packets {
    dhcp {
      type = "offer"
      mac  = "02:00:00:00:00:01"
      src  = "10.0.0.1"
    }
  }
  packets {
    start = "8d"
    dhcp {
      type = "offer"
      mac  = "02:00:00:00:00:01"
      src  = "10.0.0.66"
    }
  }
  alert "new_dhcp_server" {
    count = 1
    key   = { "ip.src" = "10.0.0.66" }
  }
}

test "the one that was always there stays quiet" {
  packets {
    count = 5
    every = "2d"
    dhcp {
      type = "ack"
      mac  = "02:00:00:00:00:01"
      src  = "10.0.0.1"
    }
  }
  alert "new_dhcp_server" {
    count = 0
  }
}
