rule "dns_amplifier" {
  description = "A resolver is asked for everything that a name has, again and again: it is used as an amplifier."
  severity    = "high"
  category    = "flood"
  attack      = ["T1498.002"]
  references = [
    "https://attack.mitre.org/techniques/T1498/002/",
    "https://www.rfc-editor.org/rfc/rfc8482",
    "https://www.rfc-editor.org/rfc/rfc5358",
  ]

  where = "dns_query and dns.qry.type == 255"
  by    = ["ip.src", "ip.dst"]
  window "10s" {
    questions = "count()"
  }
  threshold = var.dns_amplifier_questions
  when      = "questions >= threshold"
  cooldown  = "5m"

  notify {
    to      = ["ops"]
    message = "${questions} questions of type ANY in 10 s to ${ip.dst}, with ${ip.src} as their source, which is the victim where it is forged"
  }
}
