test "a host that tries 400 ports in a minute is odd" {
  learn_from {
    packets {
      count = 4000
      every = "1s"
      udp {
        src     = "10.0.0.${1 + i % 20}"
        dst     = "192.0.2.${1 + i % 7}"
        dstport = 440 + (i * 7) % 5
        payload = 60 + (i * 37) % 300
      }
    }
  }
  packets {
    count = 400
    every = "100ms"
    udp {
      src     = "10.0.0.5"
      dst     = "192.0.2.1"
      dstport = 1000 + i
      payload = 100
    }
  }
  packets { # brings the minute to its end
    start = "61s"
    udp {
      src     = "10.0.0.6"
      dst     = "192.0.2.1"
      dstport = 443
    }
  }
  alert "odd_host" {
    count    = 1
    key      = { "ip.src" = "10.0.0.5" }
    severity = "critical"
  }
  others = "allow"
}

test "a host that does what hosts do is not odd" {
  learn_from {
    packets {
      count = 4000
      every = "1s"
      udp {
        src     = "10.0.0.${1 + i % 20}"
        dst     = "192.0.2.${1 + i % 7}"
        dstport = 440 + (i * 7) % 5
        payload = 60 + (i * 37) % 300
      }
    }
  }
  packets {
    count = 600
    every = "1s"
    udp {
      src     = "10.0.0.${1 + i % 20}"
      dst     = "192.0.2.${1 + i % 7}"
      dstport = 440 + (i * 7) % 5
      payload = 60 + (i * 53) % 300
    }
  }
  alert "odd_host" { count = 0 }
}

test "nothing is odd before anything is learned" {
  packets {
    count = 400
    every = "1s"
    udp {
      src     = "10.0.0.5"
      dst     = "192.0.2.1"
      dstport = 1000 + i
    }
  }
  alert "odd_host" { count = 0 }
  others = "allow"
}
