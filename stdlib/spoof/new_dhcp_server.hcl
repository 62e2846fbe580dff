rule "new_dhcp_server" {
  description = "A DHCP server that was never seen answers."
  severity    = "medium"
  category    = "spoof"
  attack      = ["T1557.003"]
  references = [
    "https://attack.mitre.org/techniques/T1557/003/",
    "https://www.rfc-editor.org/rfc/rfc2131",
  ]

  # Off, since a sensor has to learn for a week which servers there are.
  enabled = false

  where = "dhcp.type in ['offer', 'ack']"
  by    = ["ip.src"]
  memory "30d" {
    fresh = "first(ip.src)"
    learn = "7d"
  }
  when     = "fresh"
  cooldown = "1h"

  notify {
    to      = ["ops"]
    message = "${ip.src} answers as a DHCP server, for the first time in 30 days"
  }
}
