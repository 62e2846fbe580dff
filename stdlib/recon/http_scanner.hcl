rule "http_scanner" {
  description = "A web server tells one client again and again that there is nothing."
  severity    = "medium"
  category    = "recon"
  attack      = ["T1595.003"]
  references = [
    "https://attack.mitre.org/techniques/T1595/003/",
    "https://www.rfc-editor.org/rfc/rfc9110#section-15.5",
  ]

  # By what the server answers: bad request, forbidden, not found, no such method. 401 is what guessed passwords get: login_failures.
  # By the first bytes of segments from ports of web servers, since to put heads together each TCP packet pays.
  where = "http_answer"
  by    = ["ip.dst", "ip.src"]
  window "60s" {
    errors  = "count(payload[9] == 52 and payload[10] <= 49 and not (payload[10] == 48 and payload[11] == 49))" # 400 to 419 less 401
    answers = "count()"
  }
  threshold = var.http_scanner_errors
  # Nine of ten are errors: a program that looks for artifacts in repositories finds some.
  when     = "errors >= threshold and errors * 10 >= answers * 9"
  cooldown = "5m"

  notify {
    to      = ["ops"]
    message = "the web server ${ip.src} port ${tcp.srcport} refused ${errors} of ${answers} requests of ${ip.dst} in 60 s"
  }
}
