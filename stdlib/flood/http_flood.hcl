rule "http_flood" {
  description = "One source sends HTTP requests to one host at the rate of a flood."
  severity    = "high"
  category    = "flood"
  attack      = ["T1499.002"]
  references = [
    "https://attack.mitre.org/techniques/T1499/002/",
    "https://www.rfc-editor.org/rfc/rfc9110#section-9",
  ]

  # Off, since heads of HTTP are put together for it, which each TCP packet pays for.
  enabled = false

  where = "http.request.method in ['GET', 'POST', 'HEAD'] and not (ip.src in list.loopback_nets)"
  by    = ["ip.src", "ip.dst"]
  window "10s" {
    requests = "count()"
  }
  threshold = var.http_flood_requests
  when      = "requests >= threshold"
  cooldown  = "1m"

  notify {
    to      = ["ops"]
    message = "${ip.src} sent ${requests} HTTP requests to ${ip.dst} in 10 s"
  }
}
