rule "http_sql_injection" {
  description = "One client sends SQL to a web server, in several requests."
  severity    = "high"
  category    = "recon"
  attack      = ["T1190", "T1595.002"]
  references = [
    "https://attack.mitre.org/techniques/T1190/",
    "https://attack.mitre.org/techniques/T1595/002/",
    "https://owasp.org/www-community/attacks/SQL_Injection",
    "https://github.com/sqlmapproject/sqlmap",
  ]

  where = "http_request and lower(payload) contains list.sql_pieces"
  by    = ["ip.src", "ip.dst"]
  window "60s" {
    requests = "count()"
  }
  threshold = var.http_sql_injection_requests
  when      = "requests >= threshold"
  cooldown  = "5m"

  notify {
    to      = ["ops"]
    message = "${ip.src} sent ${requests} requests with SQL in them to the web server ${ip.dst} port ${tcp.dstport} in 60 s"
  }
}
