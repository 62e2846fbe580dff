test "nmap" {
  pcap = "../../testdata/pcap/nmap-ipproto.pcap"
  alert "protocol_scan" {
    count = 1
    key   = { "ip.src" = "198.51.100.7", "ip.dst" = "10.0.0.20" }
  }
}

test "one protocol less than asked for stays quiet" {
  set   = { protocol_scan_protocols = 18 }
  pcap  = "../../testdata/pcap/nmap-ipproto.pcap"
  quiet = true
}
