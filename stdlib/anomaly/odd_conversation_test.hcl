test "a conversation that sends gigabytes is odd" {
  learn_from {
    packets {
      count = 2000
      every = "1s"
      connection {
        src         = "10.0.0.${1 + i % 20}"
        dst         = "198.51.100.${1 + i % 50}"
        dstport     = 443
        state       = "closed"
        duration    = 1 + i % 9
        bytes_out   = 500 + (i * 37) % 3000
        bytes_in    = 5000 + (i * 91) % 60000
        packets_out = 10 + i % 20
        packets_in  = 12 + i % 30
      }
    }
  }
  packets {
    connection {
      src         = "10.0.0.5"
      dst         = "203.0.113.9"
      dstport     = 443
      state       = "closed"
      duration    = 3600
      bytes_out   = 4000000000
      bytes_in    = 90000
      packets_out = 3000000
      packets_in  = 1500
    }
  }
  alert "odd_conversation" {
    count    = 1
    key      = { "ip.src" = "10.0.0.5", "ip.dst" = "203.0.113.9" }
    severity = "critical"
  }
}

test "a conversation like the others is not odd" {
  learn_from {
    packets {
      count = 2000
      every = "1s"
      connection {
        src         = "10.0.0.${1 + i % 20}"
        dst         = "198.51.100.${1 + i % 50}"
        dstport     = 443
        state       = "closed"
        duration    = 1 + i % 9
        bytes_out   = 500 + (i * 37) % 3000
        bytes_in    = 5000 + (i * 91) % 60000
        packets_out = 10 + i % 20
        packets_in  = 12 + i % 30
      }
    }
  }
  packets {
    connection {
      src         = "10.0.0.5"
      dst         = "203.0.113.9"
      dstport     = 443
      state       = "closed"
      duration    = 4
      bytes_out   = 1500
      bytes_in    = 30000
      packets_out = 20
      packets_in  = 30
    }
  }
  alert "odd_conversation" { count = 0 }
}
