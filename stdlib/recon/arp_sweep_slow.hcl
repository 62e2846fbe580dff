rule "arp_sweep_slow" {
  description = "One hardware address asks for IPv4 addresses of its link of which most are not there, for minutes."
  severity    = "medium"
  category    = "recon"
  attack      = ["T1018"]
  references = [
    "https://attack.mitre.org/techniques/T1018/",
    "https://github.com/royhills/arp-scan",
    "https://www.rfc-editor.org/rfc/rfc826",
  ]

  # Private addresses alone: a gateway asks for every public address of its link, again and again, since scanners of the whole internet send to them.
  where = "arp.opcode in [1, 2] and arp.src.proto_ipv4 != arp.dst.proto_ipv4 and arp.dst.proto_ipv4 in list.home_nets"
  by    = ["arp.opcode == 1 ? arp.src.hw_mac : arp.dst.hw_mac"]
  window "5m" {
    asked    = "distinct(arp.dst.proto_ipv4, arp.opcode == 1)"
    answered = "distinct(arp.src.proto_ipv4, arp.opcode == 2)"
  }
  window "10s" {
    fast = "distinct(arp.dst.proto_ipv4, arp.opcode == 1)"
  }
  threshold = var.arp_sweep_slow_hosts
  when      = "asked >= threshold and asked > 2 * answered and fast < var.arp_sweep_hosts" # faster is arp_sweep
  cooldown  = "15m"

  notify {
    to      = ["ops"]
    message = "${arp.src.hw_mac} (${arp.src.proto_ipv4}) asked for ${asked} addresses by ARP in 5 min, of which ${answered} answered"
  }
}
