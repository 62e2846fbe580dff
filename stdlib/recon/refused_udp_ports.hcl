rule "refused_udp_ports" {
  description = "One host refuses another on many UDP ports of services."
  severity    = "high"
  category    = "recon"
  attack      = ["T1046"]
  references = [
    "https://attack.mitre.org/techniques/T1046/",
    "https://www.rfc-editor.org/rfc/rfc1122#section-3.2.2.1",
    "https://nmap.org/book/scan-methods-udp-scan.html",
  ]

  # Port unreachable, and of the packet that it quotes, behind an IP header of 20 bytes, the ports: to one below 9984, where services are, from one of a client, since
  # what a client no longer waits for is refused, too.
  where = "icmp.type == 3 and icmp.code == 3 and payload[0] == 0x45 and payload[9] == 17 and payload[22] < 39 and payload[20] >= 4"
  by    = ["ip.dst", "ip.src"]
  window "10m" {
    ports = "distinct([payload[22], payload[23]])"
  }
  threshold = var.refused_udp_ports_ports
  when      = "ports >= threshold"
  cooldown  = "10m"

  notify {
    to      = ["ops"]
    message = "${ip.src} refused ${ip.dst} on ${ports} UDP ports in 10 min"
  }
}
