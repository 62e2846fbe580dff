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
    clients = "distinct(dhcp.hw.mac_addr)"
  }
  threshold = var.dhcp_starvation_clients
  when      = "clients >= threshold"
  cooldown  = "5m"

  notify {
    to      = ["ops"]
    message = "${clients} hardware addresses asked for a lease in 60 s, the last one ${dhcp.hw.mac_addr}"
  }
}
