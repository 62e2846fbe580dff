rule "dhcpv6_starvation" {
  description = "Very many clients ask for a lease of DHCPv6."
  severity    = "high"
  category    = "flood"
  attack      = ["T1499", "T1557.003"]
  references = [
    "https://attack.mitre.org/techniques/T1499/",
    "https://attack.mitre.org/techniques/T1557/003/",
    "https://www.rfc-editor.org/rfc/rfc8415#section-16.2",
  ]

  # SOLICIT. The client's identifier is the first option of most, and RFC 8415 asks for no order: a client that has another one first is told
  # apart by that, and repeats it, since it asks six times in a minute at most.
  where = "udp.dstport == 547 and payload[0] == 1"
  by    = []
  window "60s" {
    clients = "distinct(payload[8:24])"
  }
  threshold = var.dhcpv6_starvation_clients
  when      = "clients >= threshold"
  cooldown  = "5m"

  notify {
    to      = ["ops"]
    message = "${clients} clients asked for a lease of DHCPv6 in 60 s, the last one ${ip.src}"
  }
}
