rule "distributed_login_failures" {
  description = "Many sources fail to log in to one account, by the logs of hosts."
  severity    = "high"
  category    = "credential"
  attack      = ["T1110.001", "T1110.004"]
  references = [
    "https://attack.mitre.org/techniques/T1110/001/",
    "https://attack.mitre.org/techniques/T1110/004/",
    "https://owasp.org/www-community/attacks/Credential_stuffing",
  ]

  # An account that does not exist is in no danger.
  on    = "auth"
  where = "login_failed and auth.user != '' and auth.reason != 'invalid_user'"
  by    = ["auth.user"]
  window "1h" {
    sources = "distinct(ip.src)"
  }
  threshold = var.distributed_login_failures_sources
  when      = "sources >= threshold"
  cooldown  = "1h"

  notify {
    to      = ["ops"]
    message = "${sources} sources failed to log in as ${auth.user} in 1 h, the last one ${ip.src} (${auth.service} on ${auth.host})"
  }
}
