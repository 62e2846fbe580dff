rule "login_failures" {
  description = "A server refuses one client's password again and again."
  severity    = "high"
  category    = "credential"
  attack      = ["T1110.001"]
  references = [
    "https://attack.mitre.org/techniques/T1110/001/",
    "https://www.rfc-editor.org/rfc/rfc959#section-4.2",
    "https://www.rfc-editor.org/rfc/rfc4954#section-6",
    "https://www.rfc-editor.org/rfc/rfc9110#section-15.5.2",
  ]

  # By client and server: the answer goes from the server to the client.
  where = "login_refused"
  by    = ["ip.dst", "ip.src"]
  window "60s" {
    failures = "count()"
  }
  threshold = var.login_failures_failures
  when      = "failures >= threshold"
  cooldown  = "5m"

  notify {
    to      = ["ops"]
    message = "${ip.src} port ${tcp.srcport} refused ${failures} logins of ${ip.dst} in 60 s"
  }
}
