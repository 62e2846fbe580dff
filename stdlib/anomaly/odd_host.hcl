rule "odd_host" {
  description = "A host behaves as hosts here do not."
  severity    = "medium"
  category    = "anomaly"
  attack      = ["T1041", "T1046", "T1071.004"]
  references = [
    "https://attack.mitre.org/techniques/T1041/",
    "https://attack.mitre.org/techniques/T1046/",
    "https://attack.mitre.org/techniques/T1071/004/",
  ]
  enabled = false    # a model of all that hosts send takes about as long as all other rules together
  mode    = "shadow" # until somebody has looked at what it says for a week

  on    = "model"
  where = "model.name in ['host_traffic', 'dns_client']"
  by    = ["ip.src"]

  # Odder than nearly all that was learned, and by a value that is further out than any seen then.
  threshold = var.odd_host_score
  when      = "model.score >= threshold and model.bits >= var.odd_host_bits"
  level "critical" { when = "model.score >= 1 and model.bits >= var.odd_host_bits + 2" }
  cooldown = "30m"

  notify {
    to      = ["ops"]
    message = "${ip.src} is odd: ${model.top} above all, with ${model.bits} bits"
  }
}
