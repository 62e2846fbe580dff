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

test "what came just under 60 s before counts" {
  packets {
    count = 19
    every = "10ms"
    dhcp {
      src_mac = "02:00:00:00:01:66"
      type    = "release"
      mac     = "02:00:00:00:03:${format("%02x", i + 0)}"
    }
  }
  packets {
    start = "59s"
    dhcp {
      src_mac = "02:00:00:00:01:66"
      type    = "release"
      mac     = "02:00:00:00:03:${format("%02x", i + 100)}"
    }
  }
  others = "allow"
  alert "dhcp_release_flood" {
    count = 1
  }
}

test "what came over 62 s before no longer counts" {
  packets {
    count = 19
    every = "10ms"
    dhcp {
      src_mac = "02:00:00:00:01:66"
      type    = "release"
      mac     = "02:00:00:00:03:${format("%02x", i + 0)}"
    }
  }
  packets {
    start = "62s"
    dhcp {
      src_mac = "02:00:00:00:01:66"
      type    = "release"
      mac     = "02:00:00:00:03:${format("%02x", i + 100)}"
    }
  }
  others = "allow"
  alert "dhcp_release_flood" {
    count = 0
  }
}
