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
    hosts   = "distinct(ip.src)"
  }
  window "10s" {
    fast = "distinct(payload[8:24])"
  }
  threshold = var.dhcpv6_starvation_clients
  # A large network whose server is silent, or that comes back after an outage, has as many clients as hosts: then they have to come within 10 s.
  when     = "clients >= threshold and (2 * hosts < clients or fast >= threshold)"
  cooldown = "5m"

  notify {
    to      = ["ops"]
    message = "${clients} clients asked for a lease of DHCPv6 in 60 s, the last one ${ip.src}"
  }
}
