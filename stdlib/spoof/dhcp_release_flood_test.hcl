test "the release of the twentieth client fires" {
  packets {
    count = 20
    every = "1s"
    dhcp {
      type    = "release"
      mac     = format("02:00:00:00:05:%02x", i)
      src_mac = "02:00:00:00:01:66"
    }
  }
  alert "dhcp_release_flood" {
    count = 1
    key   = { "eth.src" = "02:00:00:00:01:66" }
    at    = "19s"
  }
}

test "clients that release their own leases stay quiet" {
  packets {
    count = 40
    every = "1s"
    dhcp {
      type    = "release"
      mac     = format("02:00:00:00:05:%02x", i)
      src_mac = format("02:00:00:00:05:%02x", i)
    }
  }
  packets {
    count = 19
    every = "1s"
    dhcp {
      type    = "release"
      mac     = format("02:00:00:00:05:%02x", i)
      src_mac = "02:00:00:00:01:66"
    }
  }
  quiet = true
}
