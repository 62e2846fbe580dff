rule "login_failures_slow" {
  description = "A server refuses one client's password now and then, for minutes."
  severity    = "medium"
  category    = "credential"
  attack      = ["T1110.001"]
  references = [
    "https://attack.mitre.org/techniques/T1110/001/",
    "https://www.rfc-editor.org/rfc/rfc4954#section-6",
    "https://doc.dovecot.org/2.3/configuration_manual/authentication/auth_penalty/",
  ]

  # Servers of mail answer a wrong password later each time, so that tools come to ten in a minute. HTTP and RTSP refuse the first request of
  # each connection of a client that has the right password, too, and are left to login_failures.
  where = "not (tcp.srcport in list.web_ports or tcp.srcport in [554, 8554]) and login_refused"
  by    = ["ip.dst", "ip.src", "tcp.srcport"]
  window "5m" {
    failures = "count()"
    since    = "min(frame.time_epoch)"
  }
  window "60s" {
    fast = "count()"
  }
  threshold = var.login_failures_slow_failures
  when      = "failures >= threshold and frame.time_epoch - since >= 30 and fast < var.login_failures_failures" # faster is login_failures
  cooldown  = "15m"

  notify {
    to      = ["ops"]
    message = "${ip.src} port ${tcp.srcport} refused ${failures} logins of ${ip.dst} in 5 min"
  }
}
