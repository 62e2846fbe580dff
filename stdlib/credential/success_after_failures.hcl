rule "success_after_failures" {
  description = "A source logs in after it failed again and again: a password may have been guessed."
  severity    = "critical"
  category    = "credential"
  attack      = ["T1110.001", "T1078"]
  references = [
    "https://attack.mitre.org/techniques/T1110/001/",
    "https://attack.mitre.org/techniques/T1078/",
  ]

  on    = "auth"
  where = "auth.user != ''"
  by    = ["ip.src"]
  window "10m" {
    failures = "count(not auth.success)"
  }
  threshold = var.success_after_failures_failures
  when      = "auth.success and failures >= threshold"
  cooldown  = "10m"

  notify {
    to      = ["ops"]
    message = "${ip.src} logged in as ${auth.user} (${auth.service} on ${auth.host}) after ${failures} failures in 10 min"
  }
}
