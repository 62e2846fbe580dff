rule "http_flood" {
  description = "One source sends HTTP requests to one host at the rate of a flood."
  severity    = "high"
  category    = "flood"
  attack      = ["T1499.002"]
  references = [
    "https://attack.mitre.org/techniques/T1499/002/",
    "https://www.rfc-editor.org/rfc/rfc9110#section-9",
  ]

  # By the first bytes of segments to ports of web servers, since to put heads together each TCP packet pays.
  where = "http_request and not (ip.src in list.loopback_nets)"
  by    = ["ip.src", "ip.dst"]
  window "10s" {
    requests = "count()"
  }
  threshold = var.http_flood_requests
  when      = "requests >= threshold"
  cooldown  = "1m"

  # A proxy or load balancer asks for all its clients, and says for whom (RFC 7239, and the names that were used before).
  except "proxies" { where = "payload contains ['X-Forwarded-For: ', 'x-forwarded-for: ', 'X-Real-IP: ', 'x-real-ip: ', 'Forwarded: ', 'Via: ', 'via: ']" }

  notify {
    to      = ["ops"]
    message = "${ip.src} sent ${requests} HTTP requests to ${ip.dst} in 10 s"
  }
}
