test "a port that opens after a week fires" {
  packets {
    connection {
      src     = "10.0.0.5"
      dst     = "10.0.0.20"
      dstport = 80
    }
  }
  packets {
    start = "8d"
    connection {
      src     = "10.0.0.5"
      dst     = "10.0.0.20"
      dstport = 4444
    }
  }
  alert "new_service" {
    count = 1
    key   = { "ip.dst" = "10.0.0.20", "dst.port" = 4444 }
  }
}

test "a known one, and one in the week of learning, stay quiet" {
  packets {
    count = 5
    every = "2d"
    connection {
      src     = "10.0.0.5"
      dst     = "10.0.0.20"
      dstport = 80
    }
  }
  packets {
    start = "6d"
    connection {
      src     = "10.0.0.5"
      dst     = "10.0.0.20"
      dstport = 8080
    }
  }
  alert "new_service" {
    count = 0
  }
}
