rule "dhcp_flood" {
  description = "One client asks for leases again and again."
  severity    = "medium"
  category    = "flood"
  attack      = ["T1499"]
  references = [
    "https://attack.mitre.org/techniques/T1499/",
    "https://www.rfc-editor.org/rfc/rfc2131",
  ]

  # A client that gets no answer asks four times in a minute, at growing intervals (RFC 2131, section 4.1).
  where = "dhcp.type in ['discover', 'request', 'decline', 'inform']"
  by    = ["dhcp.hw.mac_addr"]
  window "60s" {
    questions = "count()"
  }
  threshold = var.dhcp_flood_questions
  when      = "questions >= threshold"
  cooldown  = "5m"

  notify {
    to      = ["ops"]
    message = "${dhcp.hw.mac_addr} asked for a lease ${questions} times in 60 s"
  }
}
