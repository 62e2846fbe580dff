test "packets of rare protocols fire" {
  set  = { ip_protocol_flood_packets = 10, ip_protocol_flood_sources = 1 }
  pcap = "../../testdata/pcap/nmap-ipproto.pcap"
  alert "ip_protocol_flood" {
    count = 1
    key   = { "ip.dst" = "10.0.0.20" }
  }
  others = "allow"
}

test "the same packets of one source are no flood, and 2,000 of UDP are another" {
  set  = { ip_protocol_flood_packets = 10 }
  pcap = "../../testdata/pcap/nmap-ipproto.pcap"
  alert "ip_protocol_flood" {
    count = 0
  }
  others = "allow"
}
