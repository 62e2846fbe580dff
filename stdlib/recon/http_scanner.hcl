rule "http_scanner" {
  description = "A web server tells one client again and again that there is nothing."
  severity    = "medium"
  category    = "recon"
  attack      = ["T1595.003"]
  references = [
    "https://attack.mitre.org/techniques/T1595/003/",
    "https://www.rfc-editor.org/rfc/rfc9110#section-15.5",
  ]

  # Off, since heads of HTTP are put together for it, which each TCP packet pays for.
  enabled = false

  # By what the server answers: not found, forbidden, bad request, no such method, gone. 401 is what guessed passwords get: login_failures.
  where = "http.response.code in [400, 403, 404, 405, 410, 501]"
  by    = ["ip.dst", "ip.src"]
  window "60s" {
    errors = "count()"
  }
  threshold = var.http_scanner_errors
  when      = "errors >= threshold"
  cooldown  = "5m"

  notify {
    to      = ["ops"]
    message = "the web server ${ip.src} port ${tcp.srcport} refused ${errors} requests of ${ip.dst} in 60 s"
  }
}
