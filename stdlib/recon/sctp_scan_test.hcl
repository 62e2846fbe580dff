test "nmap" {
  pcap = "../../testdata/pcap/nmap-sctp.pcap"
  alert "sctp_scan" {
    count = 1
    key   = { "ip.src" = "198.51.100.7", "ip.dst" = "10.0.0.20" }
  }
}

test "one probe less than asked for stays quiet" {
  set   = { sctp_scan_probes = 31 }
  pcap  = "../../testdata/pcap/nmap-sctp.pcap"
  quiet = true
}
