rule "dhcp_release_flood" {
  description = "One host gives the DHCP leases of others back."
  severity    = "high"
  category    = "spoof"
  attack      = ["T1499", "T1557.003"]
  references = [
    "https://attack.mitre.org/techniques/T1499/",
    "https://attack.mitre.org/techniques/T1557/003/",
    "https://www.rfc-editor.org/rfc/rfc2131#section-4.4.6",
  ]

  where = "dhcp.type == 'release'"
  by    = ["eth.src"]
  window "60s" {
    clients = "distinct(dhcp.hw.mac_addr)"
  }
  threshold = var.dhcp_release_flood_clients
  when      = "clients >= threshold"
  cooldown  = "5m"

  notify {
    to      = ["ops"]
    message = "${eth.src} gave the leases of ${clients} clients back in 60 s, the last one of ${dhcp.hw.mac_addr}"
  }
}
