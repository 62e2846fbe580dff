rule "odd_conversation" {
  description = "A conversation is shaped as none here is."
  severity    = "medium"
  category    = "anomaly"
  attack      = ["T1041", "T1571", "T1572"]
  references = [
    "https://attack.mitre.org/techniques/T1041/",
    "https://attack.mitre.org/techniques/T1571/",
    "https://attack.mitre.org/techniques/T1572/",
  ]
  enabled = false    # following every conversation takes about as long as all other rules together
  mode    = "shadow" # until somebody has looked at what it says for a week

  on    = "model"
  where = "model.name == 'conversation_shape'"
  by    = ["ip.src", "ip.dst"]

  # Odder than nearly all that was learned, and by a value that many trees cut off at once.
  threshold = var.odd_conversation_score
  when      = "model.score >= threshold and model.bits >= var.odd_conversation_cuts"
  level "critical" { when = "model.score >= 1 and model.bits >= 2 * var.odd_conversation_cuts" }
  cooldown = "30m"

  notify {
    to      = ["ops"]
    message = "${ip.src} and ${ip.dst} port ${dst.port} talk oddly: ${model.top} above all"
  }
}
