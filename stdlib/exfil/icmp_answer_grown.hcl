rule "icmp_answer_grown" {
  description = "The answer to a ping carries more than any of its questions did."
  severity    = "high"
  category    = "exfil"
  attack      = ["T1095", "T1572"]
  references = [
    "https://attack.mitre.org/techniques/T1095/",
    "https://www.rfc-editor.org/rfc/rfc792",
    "https://github.com/bdamele/icmpsh",
  ]

  # An answer returns the data of its question (RFC 792), and some hosts cut them short. Longer ones are orders to a shell. A question in fragments is as long as it may be.
  where = "icmp.type == 0 or icmp.type == 8"
  by    = ["icmp.type == 8 ? ip.src : ip.dst", "icmp.type == 8 ? ip.dst : ip.src"]
  window "60s" {
    asked     = "max(ip.flags.mf ? 65535 : icmp.data_len, icmp.type == 8)"
    questions = "count(icmp.type == 8)"
  }
  threshold = var.icmp_answer_grown_questions
  when      = "icmp.type == 0 and questions >= threshold and icmp.data_len > asked"
  cooldown  = "10m"

  notify {
    to      = ["ops"]
    message = "${ip.src} answered a ping of ${ip.dst} with ${icmp.data_len} bytes, and was sent ${asked} at most"
  }
}
