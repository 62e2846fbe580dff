rule "arp_sweep" {
  description = "One hardware address asks for many IPv4 addresses of its link."
  severity    = "medium"
  category    = "recon"
  attack      = ["T1018"]
  references = [
    "https://attack.mitre.org/techniques/T1018/",
    "https://www.rfc-editor.org/rfc/rfc826",
    "https://nmap.org/book/man-host-discovery.html",
  ]

  # A tool asks for the whole link within seconds. The gateway of a large network that is being scanned through asks for 65 to 85
  # addresses in 10 s.
  where = "arp.opcode == 1 and arp.src.proto_ipv4 != arp.dst.proto_ipv4"
  by    = ["arp.src.hw_mac"]
  window "10s" {
    hosts   = "distinct(arp.dst.proto_ipv4)"
    senders = "distinct(arp.src.proto_ipv4)"
  }
  threshold = var.arp_sweep_hosts
  # A router with several networks on one link, of public addresses that are scanned from outside, asks for these with an address of its own in each. A host has one.
  when     = "hosts >= threshold and (senders < 2 or arp.dst.proto_ipv4 in list.home_nets)"
  cooldown = "5m"

  notify {
    to      = ["ops"]
    message = "${arp.src.hw_mac} (${arp.src.proto_ipv4}) asked for ${hosts} addresses by ARP in 10 s"
  }
}
