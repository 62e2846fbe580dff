test "the fifteenth refused password fires" {
  set = { kerberos_errors_errors = 15 }
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
  set = { kerberos_errors_errors = 15 }
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
  set = { kerberos_errors_errors = 15 }
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

test "what came just under 60 s before counts" {
  set = { kerberos_errors_errors = 15 }
  packets {
    count = 14
    every = "1s"
    udp {
      src         = "10.0.0.2"
      dst         = "10.0.0.5"
      srcport     = 88
      dstport     = 50000 + i
      payload_hex = "7e3c303aa003020105a10302011ea511180f32303236313132393132303030305aa60302011${["8", "2"][i % 2]}a90d1b0b4558414d504c452e434f4d"
    }
  }
  packets {
    start = "59999ms"
    udp {
      src         = "10.0.0.2"
      dst         = "10.0.0.5"
      srcport     = 88
      dstport     = 50014
      payload_hex = "7e3c303aa003020105a10302011ea511180f32303236313132393132303030305aa60302011${["8", "2"][14 % 2]}a90d1b0b4558414d504c452e434f4d"
    }
  }
  others = "allow"
  alert "kerberos_errors" {
    count = 1
  }
}

test "what came 60 s before no longer counts" {
  set = { kerberos_errors_errors = 15 }
  packets {
    count = 14
    every = "1s"
    udp {
      src         = "10.0.0.2"
      dst         = "10.0.0.5"
      srcport     = 88
      dstport     = 50000 + i
      payload_hex = "7e3c303aa003020105a10302011ea511180f32303236313132393132303030305aa60302011${["8", "2"][i % 2]}a90d1b0b4558414d504c452e434f4d"
    }
  }
  packets {
    start = "1m"
    udp {
      src         = "10.0.0.2"
      dst         = "10.0.0.5"
      srcport     = 88
      dstport     = 50014
      payload_hex = "7e3c303aa003020105a10302011ea511180f32303236313132393132303030305aa60302011${["8", "2"][14 % 2]}a90d1b0b4558414d504c452e434f4d"
    }
  }
  others = "allow"
  alert "kerberos_errors" {
    count = 0
  }
}

test "over TCP its length is before it" {
  set = { kerberos_errors_errors = 15 }
  packets {
    count = 15
    every = "100ms"
    tcp {
      src         = "192.0.2.10"
      dst         = "198.51.100.7"
      srcport     = 88
      dstport     = 40000
      payload_hex = "0000005c7e5a3058a003020105a10302011ea603020118"
      flags       = "PA"
    }
  }
  others = "allow"
  alert "kerberos_errors" {
    count = 1
  }
}

test "another port, another message, another error and another place stay quiet" {
  set = { kerberos_errors_errors = 15 }
  packets {
    count = 20
    every = "100ms"
    tcp {
      src         = "192.0.2.10"
      dst         = "198.51.100.7"
      srcport     = 87
      dstport     = 40000
      payload_hex = "0000005c7e5a3058a003020105a10302011ea603020118"
      flags       = "PA"
    }
  }
  packets {
    count = 20
    every = "100ms"
    tcp {
      src         = "192.0.2.10"
      dst         = "198.51.100.7"
      srcport     = 89
      dstport     = 40000
      payload_hex = "0000005c7e5a3058a003020105a10302011ea603020118"
      flags       = "PA"
    }
  }
  packets {
    count = 20
    every = "100ms"
    udp {
      src         = "192.0.2.10"
      dst         = "198.51.100.7"
      srcport     = 87
      dstport     = 40000
      payload_hex = "7e5a3058a003020105a10302011ea603020118"
    }
  }
  packets {
    count = 20
    every = "100ms"
    udp {
      src         = "192.0.2.10"
      dst         = "198.51.100.7"
      srcport     = 88
      dstport     = 40000
      payload_hex = "6e5a3058a003020105a10302011ea603020118"
    }
  }
  packets {
    count = 20
    every = "100ms"
    tcp {
      src         = "192.0.2.10"
      dst         = "198.51.100.7"
      srcport     = 88
      dstport     = 40000
      payload_hex = "0000005c6e5a3058a003020105a10302011ea603020118"
      flags       = "PA"
    }
  }
  packets {
    count = 20
    every = "100ms"
    tcp {
      src         = "192.0.2.10"
      dst         = "198.51.100.7"
      srcport     = 88
      dstport     = 40000
      payload_hex = "7e5a3058a003020105a10302011ea603020118"
      flags       = "PA"
    }
  }
  packets {
    count = 20
    every = "100ms"
    udp {
      src         = "192.0.2.10"
      dst         = "198.51.100.7"
      srcport     = 88
      dstport     = 40000
      payload_hex = "0000005c7e5a3058a003020105a10302011ea603020118"
    }
  }
  packets {
    count = 20
    every = "100ms"
    udp {
      src         = "192.0.2.10"
      dst         = "198.51.100.7"
      srcport     = 88
      dstport     = 40000
      payload_hex = "7e5a3058a003020105a10302011ea603020119"
    }
  }
  others = "allow"
  alert "kerberos_errors" {
    count = 0
  }
}

test "the eighth refused password fires" {
  packets {
    count = 8
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
    at    = "7s"
  }
}

test "seven stay quiet" {
  packets {
    count = 7
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

test "kinit, with twelve names" {
  pcap = "../../testdata/pcap/kinit-names.pcap"
  alert "kerberos_errors" {
    count = 1
    key   = { "ip.dst" = "10.0.0.30" }
  }
}
