test "the fortieth question fires" {
  packets {
    count = 40
    every = "1s"
    dhcp {
      type = ["discover", "request"][i % 2]
      mac  = "02:00:00:00:00:01"
    }
  }
  alert "dhcp_flood" {
    count = 1
    key   = { "dhcp.hw.mac_addr" = "02:00:00:00:00:01" }
    at    = "39s"
  }
}

test "39 questions stay quiet" {
  packets {
    count = 39
    every = "100ms"
    dhcp {
      mac = "02:00:00:00:00:01"
    }
  }
  quiet = true
}

test "what came just under 60 s before counts" {
  packets {
    count = 39
    every = "1s"
    dhcp {
      type = ["discover", "request"][i % 2]
      mac  = "02:00:00:00:00:01"
    }
  }
  packets {
    start = "59999ms"
    dhcp {
      type = ["discover", "request"][i % 2]
      mac  = "02:00:00:00:00:01"
    }
  }
  others = "allow"
  alert "dhcp_flood" {
    count = 1
  }
}

test "what came 60 s before no longer counts" {
  packets {
    count = 39
    every = "1s"
    dhcp {
      type = ["discover", "request"][i % 2]
      mac  = "02:00:00:00:00:01"
    }
  }
  packets {
    start = "1m"
    dhcp {
      type = ["discover", "request"][i % 2]
      mac  = "02:00:00:00:00:01"
    }
  }
  others = "allow"
  alert "dhcp_flood" {
    count = 0
  }
}
