test "a VXLAN to a host outside" {
  pcap = "../../testdata/pcap/vxlan-tunnel.pcap"
  alert "tunnel_opened" {
    count = 1
    key   = { "outer.ip.src" = "10.0.0.30", "outer.ip.dst" = "198.51.100.7", "tunnel.type" = "vxlan" }
    at    = "0s"
  }
}

test "the other end is ours" {
  set   = { home_nets = ["10.0.0.0/8", "198.51.100.0/24"] }
  pcap  = "../../testdata/pcap/vxlan-tunnel.pcap"
  quiet = true
}

test "tunnels of others stay quiet" {
  set   = { home_nets = ["192.168.0.0/16"] }
  pcap  = "../../testdata/pcap/vxlan-tunnel.pcap"
  quiet = true
}
