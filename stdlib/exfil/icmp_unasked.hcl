rule "icmp_unasked" {
  description = "One host sends another echo replies that nobody asked for."
  severity    = "high"
  category    = "exfil"
  enabled     = false # a sensor that sees one direction of the traffic sees no questions
  attack      = ["T1095"]
  references = [
    "https://attack.mitre.org/techniques/T1095/",
    "http://phrack.org/issues/51/6.html",
    "https://www.rfc-editor.org/rfc/rfc792",
  ]

  # One key for a reply and the question before it: who replies, and to whom.
  where = "icmp.type == 0 or icmp.type == 8"
  by    = ["icmp.type == 0 ? ip.src : ip.dst", "icmp.type == 0 ? ip.dst : ip.src"]
  window "60s" {
    replies   = "count(icmp.type == 0)"
    questions = "count(icmp.type == 8)"
  }
  threshold = var.icmp_unasked_replies
  when      = "replies >= threshold and replies > 3 * questions"
  cooldown  = "10m"

  notify {
    to      = ["ops"]
    message = "${ip.src} sent ${ip.dst} ${replies} echo replies in 60 s, and was asked ${questions} times"
  }
}
