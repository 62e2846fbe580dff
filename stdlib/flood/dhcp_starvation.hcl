rule "dhcp_starvation" {
  description = "Very many hardware addresses ask for a lease."
  severity    = "high"
  category    = "flood"
  attack      = ["T1499", "T1557.003"]
  references = [
    "https://attack.mitre.org/techniques/T1499/",
    "https://attack.mitre.org/techniques/T1557/003/",
    "https://www.rfc-editor.org/rfc/rfc2131",
  ]

  # DISCOVER alone: a client that had a lease before asks for it again with REQUEST (RFC 2131, section 3.2).
  where = "dhcp.type == 'discover'"
  by    = []
  window "60s" {
    clients   = "distinct(dhcp.hw.mac_addr)"
    discovers = "count()"
  }
  threshold = var.dhcp_starvation_clients
  # The clients of a large network whose server is silent ask again, after 4, 8 and 16 s (section 4.1); a tool has a new address each time.
  when     = "clients >= threshold and (4 * discovers < 5 * clients or clients >= 4 * threshold)"
  cooldown = "5m"

  notify {
    to      = ["ops"]
    message = "${clients} hardware addresses asked for a lease in 60 s, the last one ${dhcp.hw.mac_addr}"
  }
}
