# Fragments come from captures: the packets of these tests are whole.

test "nmap -f is caught by its fragments" {
  pcap = "../../testdata/pcap/nmap-frag.pcap"
  alert "tiny_fragments" {
    count = 1
    key   = { "ip.src" = "198.51.100.7" }
  }
  alert "crafted_syn_scan" {}
  alert "refused_ports" {}
}

test "four first fragments stay quiet" {
  pcap = "../../testdata/pcap/nmap-frag.pcap"
  set  = { tiny_fragments_count = 11 }
  alert "tiny_fragments" {
    count = 0
  }
  alert "crafted_syn_scan" {}
  alert "refused_ports" {}
}

test "whole packets stay quiet" {
  packets {
    count = 20
    every = "100ms"
    udp {
      src     = "198.51.100.7"
      dst     = "192.0.2.10"
      srcport = 40000
      dstport = 20000
      payload = 4
    }
  }
  quiet = true
}
