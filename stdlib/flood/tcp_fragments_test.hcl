# Fragments come from captures: the packets of these tests are whole.

test "TCP packets of 65,535 bytes in fragments fire" {
  pcap = "../../testdata/pcap/hping3-tcp-fragments.pcap.gz"
  alert "tcp_fragments" {
    count = 1
    key   = { "ip.src" = "198.51.100.8", "ip.dst" = "10.0.0.10" }
  }
}

test "one fragment fewer than the threshold stays quiet" {
  pcap   = "../../testdata/pcap/hping3-tcp-fragments.pcap.gz"
  set    = { tcp_fragments_count = 305 }
  others = "allow"
  alert "tcp_fragments" {
    count = 0
  }
}

test "TCP in frames of 9,000 bytes stays quiet" {
  pcap   = "../../testdata/pcap/upload.pcap"
  others = "allow"
  alert "tcp_fragments" {
    count = 0
  }
}
