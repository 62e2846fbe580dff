test "the twentieth refusal fires" {
  packets {
    count = 20
    every = "100ms"
    udp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 5060
      dstport = 5061
      payload = "SIP/2.0 404 Not Found\r\nVia: SIP/2.0/UDP 198.51.100.7\r\n"
    }
  }
  alert "sip_guessing" {
    count = 1
    key   = { "ip.dst" = "198.51.100.7", "ip.src" = "192.0.2.10" }
    at    = "1.9s"
  }
}

test "19 refusals stay quiet" {
  packets {
    count = 19
    every = "100ms"
    udp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 5060
      dstport = 5061
      payload = "SIP/2.0 401 Unauthorized\r\n"
    }
  }
  quiet = true
}

test "phones behind one address, which are asked for a password and let in, stay quiet" {
  packets {
    count = 50
    every = "1s"
    udp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 5060
      dstport = 5060
      payload = "SIP/2.0 401 Unauthorized\r\n"
    }
  }
  packets {
    count = 50
    start = "100ms"
    every = "1s"
    udp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 5060
      dstport = 5060
      payload = "SIP/2.0 200 OK\r\n"
    }
  }
  alert "sip_guessing" {
    count = 0
  }
}

test "a recording of the lab" {
  pcap   = "../../testdata/pcap/svwar.pcap.gz"
  others = "allow"
  alert "sip_guessing" {
    count = 1
    key   = { "ip.dst" = "198.51.100.22", "ip.src" = "10.0.0.20" }
  }
}

test "what came just under 60 s before counts" {
  packets {
    count = 19
    every = "100ms"
    udp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 5060
      dstport = 5061
      payload = "SIP/2.0 404 Not Found\r\nVia: SIP/2.0/UDP 198.51.100.7\r\n"
    }
  }
  packets {
    start = "59999ms"
    udp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 5060
      dstport = 5061
      payload = "SIP/2.0 404 Not Found\r\nVia: SIP/2.0/UDP 198.51.100.7\r\n"
    }
  }
  others = "allow"
  alert "sip_guessing" {
    count = 1
  }
}

test "what came 60 s before no longer counts" {
  packets {
    count = 19
    every = "100ms"
    udp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 5060
      dstport = 5061
      payload = "SIP/2.0 404 Not Found\r\nVia: SIP/2.0/UDP 198.51.100.7\r\n"
    }
  }
  packets {
    start = "1m"
    udp {
      src     = "192.0.2.10"
      dst     = "198.51.100.7"
      srcport = 5060
      dstport = 5061
      payload = "SIP/2.0 404 Not Found\r\nVia: SIP/2.0/UDP 198.51.100.7\r\n"
    }
  }
  others = "allow"
  alert "sip_guessing" {
    count = 0
  }
}

test "four times as many refusals as calls taken stay quiet, and one more fires" {
  packets {
    count = 5
    every = "100ms"
    start = "0s"
    udp {
      src     = "192.0.2.1"
      dst     = "198.51.100.7"
      srcport = 5060
      dstport = 5061
      payload = "SIP/2.0 200 OK\r\n"
    }
  }
  packets {
    count = 20
    every = "100ms"
    start = "10s"
    udp {
      src     = "192.0.2.1"
      dst     = "198.51.100.7"
      srcport = 5060
      dstport = 5061
      payload = "SIP/2.0 404 Not Found\r\n"
    }
  }
  others = "allow"
  alert "sip_guessing" {
    count = 0
  }
}

test "21 refusals and five calls taken fire" {
  packets {
    count = 5
    every = "100ms"
    start = "0s"
    udp {
      src     = "192.0.2.1"
      dst     = "198.51.100.7"
      srcport = 5060
      dstport = 5061
      payload = "SIP/2.0 200 OK\r\n"
    }
  }
  packets {
    count = 21
    every = "100ms"
    start = "10s"
    udp {
      src     = "192.0.2.1"
      dst     = "198.51.100.7"
      srcport = 5060
      dstport = 5061
      payload = "SIP/2.0 404 Not Found\r\n"
    }
  }
  others = "allow"
  alert "sip_guessing" {
    count = 1
  }
}

test "status 100, 180, 300, 486 and 503 are no refusals, and neither is what comes from another port" {
  packets {
    count = 40
    every = "100ms"
    start = "10s"
    udp {
      src     = "192.0.2.1"
      dst     = "198.51.100.7"
      srcport = 5060
      dstport = 5061
      payload = "SIP/2.0 100 Trying\r\n"
    }
  }
  packets {
    count = 40
    every = "100ms"
    start = "10s"
    udp {
      src     = "192.0.2.1"
      dst     = "198.51.100.7"
      srcport = 5060
      dstport = 5061
      payload = "SIP/2.0 180 Ringing\r\n"
    }
  }
  packets {
    count = 40
    every = "100ms"
    start = "10s"
    udp {
      src     = "192.0.2.1"
      dst     = "198.51.100.7"
      srcport = 5060
      dstport = 5061
      payload = "SIP/2.0 302 Moved\r\n"
    }
  }
  packets {
    count = 40
    every = "100ms"
    start = "10s"
    udp {
      src     = "192.0.2.1"
      dst     = "198.51.100.7"
      srcport = 5060
      dstport = 5061
      payload = "SIP/2.0 486 Busy\r\n"
    }
  }
  packets {
    count = 40
    every = "100ms"
    start = "10s"
    udp {
      src     = "192.0.2.1"
      dst     = "198.51.100.7"
      srcport = 5060
      dstport = 5061
      payload = "SIP/2.0 503 Overloaded\r\n"
    }
  }
  packets {
    count = 40
    every = "100ms"
    start = "10s"
    udp {
      src     = "192.0.2.1"
      dst     = "198.51.100.7"
      srcport = 5059
      dstport = 5061
      payload = "SIP/2.0 404 Not Found\r\n"
    }
  }
  packets {
    count = 40
    every = "100ms"
    start = "10s"
    udp {
      src     = "192.0.2.1"
      dst     = "198.51.100.7"
      srcport = 5061
      dstport = 5061
      payload = "SIP/2.0 404 Not Found\r\n"
    }
  }
  others = "allow"
  alert "sip_guessing" {
    count = 0
  }
}
