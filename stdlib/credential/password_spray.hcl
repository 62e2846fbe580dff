rule "password_spray" {
  description = "One source tries many accounts, by the logs of the hosts that refuse it."
  severity    = "high"
  category    = "credential"
  attack      = ["T1110.003"]
  references = [
    "https://attack.mitre.org/techniques/T1110/003/",
    "https://owasp.org/www-community/attacks/Password_Spraying_Attack",
  ]

  on    = "auth"
  where = "login_failed and auth.user != ''"
  by    = ["ip.src"]
  window "1h" {
    users = "distinct(auth.user)"
  }
  threshold = var.password_spray_users
  when      = "users >= threshold"
  cooldown  = "1h"

  escalate "virustotal" { indicator = "ip.src" }
  notify {
    to      = ["ops"]
    message = "${ip.src} failed to log in to ${users} accounts in 1 h, last as ${auth.user} (${auth.service} on ${auth.host})"
  }
}
