rule "honeypot_brute_force" {
  description = "One source guesses passwords at a honeypot."
  severity    = "critical"
  category    = "honeypot"
  attack      = ["T1110.001", "T1110.003"]
  references = [
    "https://attack.mitre.org/techniques/T1110/",
    "https://attack.mitre.org/techniques/T1110/001/",
    "https://github.com/vanhauser-thc/thc-hydra",
  ]

  on    = "honeypot"
  where = "honeypot.action == 'login'"
  by    = ["ip.src"]
  window "60s" {
    logins = "count()"
  }
  threshold = var.honeypot_brute_force_logins
  when      = "logins >= threshold"

  escalate "virustotal" { indicator = "ip.src" }

  # A day, where other rules block for an hour: a login takes a whole TCP handshake, so the source is not forged, and no account
  # exists that it could have mistyped.
  block {
    target = "ip.src"
    for    = "24h"
  }
  notify {
    to      = ["ops"]
    message = "${ip.src} tried ${logins} logins in 60 s at the honeypot at ${ip.dst} port ${dst.port} (${honeypot.service}), the last one as ${honeypot.user}"
  }
}
