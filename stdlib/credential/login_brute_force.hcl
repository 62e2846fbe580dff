rule "login_brute_force" {
  description = "One source guesses passwords, by the log of the host that refuses them."
  severity    = "high"
  category    = "credential"
  attack      = ["T1110.001", "T1110.003"]
  references = [
    "https://attack.mitre.org/techniques/T1110/001/",
    "https://github.com/vanhauser-thc/thc-hydra",
    "https://man.openbsd.org/sshd_config#MaxAuthTries",
  ]

  on    = "auth"
  where = "login_failed"
  by    = ["ip.src"]
  window "5m" {
    failures = "count()"
  }
  threshold = var.login_brute_force_failures
  when      = "failures >= threshold"
  cooldown  = "5m"

  escalate "virustotal" { indicator = "ip.src" }

  # A name and a password take a whole TCP connection, so the source is not forged; and who mistypes a password eight times in
  # five minutes can wait for an hour.
  block {
    target = "ip.src"
    for    = "1h"
  }
  notify {
    to      = ["ops"]
    message = "${ip.src} failed to log in ${failures} times in 5 min, last as ${auth.user} (${auth.service} on ${auth.host})"
  }
}
