test "pings of 65,000 bytes" {
  pcap   = "../../testdata/pcap/ping-fragments.pcap.gz"
  others = "allow"
  alert "icmp_fragments" {
    count = 1
    key   = { "ip.dst" = "10.0.0.10" }
  }
}

test "one fragment fewer than the threshold stays quiet" {
  pcap   = "../../testdata/pcap/ping-fragments.pcap.gz"
  set    = { icmp_fragments_count = 400 }
  others = "allow"
  alert "icmp_fragments" {
    count = 0
  }
}
