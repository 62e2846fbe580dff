test "the hundred and first SYN of one flow in a second fires" {
  packets {
    count = 101
    every = "5ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 80
      flags   = "S"
    }
  }
  alert "flow_syn_rate" {
    count = 1
    key   = { "ip.src" = "198.51.100.7", "ip.dst" = "192.0.2.10" }
    at    = "500ms"
  }
  alert "syn_ratio" {}
  alert "syn_flood_fast" {}
}

test "a hundred SYN in a second stay quiet" {
  packets {
    count = 100
    every = "10ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 80
      flags   = "S"
    }
  }
  alert "flow_syn_rate" {
    count = 0
  }
  alert "syn_ratio" {}
  alert "syn_flood_fast" {}
}

test "the first packet of a flow has no absurd rate" {
  packets {
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 80
      flags   = "S"
    }
  }
  packets {
    start = "1us"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 80
      flags   = "S"
    }
  }
  alert "flow_syn_rate" {
    count = 0
  }
}

test "many flows with one SYN each stay quiet" {
  packets {
    count = 300
    every = "2ms"
    tcp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000 + i
      dstport = 80
      flags   = "S"
    }
  }
  alert "flow_syn_rate" {
    count = 0
  }
  alert "syn_ratio" {}
  alert "syn_flood_fast" {}
  alert "syn_flood" {}
}
