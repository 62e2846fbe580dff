test "the fifteenth refused password fires" {
  packets {
    count = 15
    every = "1s"
    udp {
      src         = "10.0.0.2"
      dst         = "10.0.0.5"
      srcport     = 88
      dstport     = 50000 + i
      payload_hex = "7e3c303aa003020105a10302011ea511180f32303236313132393132303030305aa60302011${["8", "2"][i % 2]}a90d1b0b4558414d504c452e434f4d"
    }
  }
  alert "kerberos_errors" {
    count = 1
    key   = { "ip.dst" = "10.0.0.5", "ip.src" = "10.0.0.2" }
    at    = "14s"
  }
}

test "fourteen stay quiet" {
  packets {
    count = 14
    every = "100ms"
    udp {
      src         = "10.0.0.2"
      dst         = "10.0.0.5"
      srcport     = 88
      dstport     = 50000 + i
      payload_hex = "7e3c303aa003020105a10302011ea511180f32303236313132393132303030305aa603020106a90d1b0b4558414d504c452e434f4d"
    }
  }
  alert "kerberos_errors" {
    count = 0
  }
}

test "logins that begin with pre-authentication stay quiet" {
  packets {
    count = 200
    every = "100ms"
    udp {
      src         = "10.0.0.2"
      dst         = "10.0.0.5"
      srcport     = 88
      dstport     = 50000 + i
      payload_hex = "7e3c303aa003020105a10302011ea511180f32303236313132393132303030305aa603020119a90d1b0b4558414d504c452e434f4d"
    }
  }
  alert "kerberos_errors" {
    count = 0
  }
}
