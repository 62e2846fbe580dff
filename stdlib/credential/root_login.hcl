rule "root_login" {
  description = "Somebody logs in from the network to an account that may do everything."
  severity    = "medium"
  category    = "credential"
  attack      = ["T1078.003", "T1021.004"]
  references = [
    "https://attack.mitre.org/techniques/T1078/003/",
    "https://attack.mitre.org/techniques/T1021/004/",
    "https://man.openbsd.org/sshd_config#PermitRootLogin",
  ]

  on    = "auth"
  where = "auth.success and lower(auth.user) in list.superusers and not (ip.src in list.loopback_nets)"
  by    = ["ip.src", "auth.user", "auth.host"]

  cooldown = "12h" # one alert for a working day, not one for each session

  level "high" { when = "not (ip.src in list.home_nets)" }

  notify {
    to      = ["ops"]
    message = "${ip.src} logged in as ${auth.user} by ${auth.method} (${auth.service} on ${auth.host})"
  }
}
