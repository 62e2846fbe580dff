test "a recording of the lab" {
  pcap   = "../../testdata/pcap/nmap-nd-sweep.pcap.gz"
  others = "allow"
  alert "nd_sweep" {
    count = 1
    key   = { "ip.src" = "fd00:10::66" }
  }
}

test "hosts that look for their router stay quiet" {
  pcap   = "../../testdata/pcap/parasite6.pcap"
  others = "allow"
  alert "nd_sweep" {
    count = 0
  }
}
