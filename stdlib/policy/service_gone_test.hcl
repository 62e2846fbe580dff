test "a web server that refuses five connections in two minutes fires" {
  packets {
    http {
      src     = "10.0.0.5"
      dst     = "10.0.0.20"
      dstport = 8080
      method  = "GET"
      uri     = "/"
    }
  }
  packets {
    start = "1s"
    http {
      src     = "10.0.0.5"
      dst     = "10.0.0.20"
      dstport = 8080
      code    = 200
    }
  }
  packets {
    start = "300s"
    count = 5
    every = "10s"
    tcp {
      src     = "10.0.0.6"
      srcport = 41000 + i
      dst     = "10.0.0.20"
      dstport = 8080
      flags   = "S"
    }
  }
  packets {
    start = "300s100ms"
    count = 5
    every = "10s"
    tcp {
      src     = "10.0.0.20"
      srcport = 8080
      dst     = "10.0.0.6"
      dstport = 41000 + i
      flags   = "RA"
    }
  }
  alert "service_gone" {
    count = 1
    key   = { "ip.dst" = "10.0.0.20", "dst.port" = 8080 }
  }
}

test "four refused connections stay quiet" {
  packets {
    http {
      src     = "10.0.0.5"
      dst     = "10.0.0.20"
      dstport = 8080
      method  = "GET"
      uri     = "/"
    }
  }
  packets {
    start = "1s"
    http {
      src     = "10.0.0.5"
      dst     = "10.0.0.20"
      dstport = 8080
      code    = 200
    }
  }
  packets {
    start = "300s"
    count = 4
    every = "10s"
    tcp {
      src     = "10.0.0.6"
      srcport = 41000 + i
      dst     = "10.0.0.20"
      dstport = 8080
      flags   = "S"
    }
  }
  packets {
    start = "300s100ms"
    count = 4
    every = "10s"
    tcp {
      src     = "10.0.0.20"
      srcport = 8080
      dst     = "10.0.0.6"
      dstport = 41000 + i
      flags   = "RA"
    }
  }
  alert "service_gone" {
    count = 0
  }
}

test "a port that never spoke stays quiet" {
  packets {
    start = "300s"
    count = 9
    every = "10s"
    tcp {
      src     = "10.0.0.6"
      srcport = 41000 + i
      dst     = "10.0.0.20"
      dstport = 8080
      flags   = "S"
    }
  }
  packets {
    start = "300s100ms"
    count = 9
    every = "10s"
    tcp {
      src     = "10.0.0.20"
      srcport = 8080
      dst     = "10.0.0.6"
      dstport = 41000 + i
      flags   = "RA"
    }
  }
  alert "service_gone" {
    count = 0
  }
}
