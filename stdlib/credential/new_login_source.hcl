rule "new_login_source" {
  description = "Somebody logs in to an account from a network that it was not entered from in a month."
  severity    = "low"
  category    = "credential"
  attack      = ["T1078"]
  references = [
    "https://attack.mitre.org/techniques/T1078/",
    "https://attack.mitre.org/mitigations/M1032/",
  ]

  # By networks, since addresses of homes and phones change; those of ours say nothing.
  on    = "auth"
  where = "auth.success and auth.user != '' and not (ip.src in list.home_nets)"
  by    = ["auth.user", "network(ip.src, 16, 32)"]
  memory "30d" {
    fresh = "first([auth.user, network(ip.src, 16, 32)])"
    learn = "7d"
  }
  when     = "fresh"
  cooldown = "1h"

  notify {
    to      = ["ops"]
    message = "${auth.user} logged in from ${ip.src} (${auth.service} on ${auth.host}), where the account was not entered from in 30 days"
  }
}
