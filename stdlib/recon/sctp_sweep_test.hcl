test "a recording of the lab fires from as many hosts on as it has" {
  set    = { sctp_sweep_hosts = 1 }
  pcap   = "../../testdata/pcap/nmap-sctp.pcap"
  others = "allow"
  alert "sctp_sweep" {
    count = 1
    key   = { "ip.src" = "198.51.100.7" }
  }
}

test "a scan of one host stays quiet" {
  pcap   = "../../testdata/pcap/nmap-sctp.pcap"
  others = "allow"
  alert "sctp_sweep" {
    count = 0
  }
}
