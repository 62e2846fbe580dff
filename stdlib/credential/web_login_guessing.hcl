rule "web_login_guessing" {
  description = "One client sends passwords to one web server again and again."
  severity    = "medium"
  category    = "credential"
  attack      = ["T1110.001"]
  references = [
    "https://attack.mitre.org/techniques/T1110/001/",
    "https://github.com/vanhauser-thc/thc-hydra",
    "https://owasp.org/www-community/attacks/Brute_force_attack",
  ]

  # Whether a form took a password is in the page that follows, which each application words otherwise: that somebody logs in twenty times in a minute is enough, or more than once a second.
  # The body may come in a segment of its own.
  where = "tcp.dstport in list.web_ports and (payload startsWith 'POST ' or tcp.len <= 400 and tcp.len >= 8 and not http_request) and lower(payload) contains list.password_fields"
  by    = ["ip.src", "ip.dst", "tcp.dstport"]
  window "60s" {
    passwords = "count()"
  }
  window "5s" {
    burst = "count()"
  }
  threshold = var.web_login_guessing_passwords
  when      = "passwords >= threshold or burst >= var.web_login_guessing_burst"
  cooldown  = "5m"

  # A proxy sends the passwords of all its clients, and says for whom (RFC 7239, and the names that were used before).
  except "proxies" { where = "payload contains ['X-Forwarded-For: ', 'x-forwarded-for: ', 'X-Real-IP: ', 'x-real-ip: ', 'Forwarded: ', 'Via: ', 'via: ']" }

  notify {
    to      = ["ops"]
    message = "${ip.src} sent ${passwords} passwords to the web server ${ip.dst} port ${tcp.dstport} in 60 s"
  }
}
