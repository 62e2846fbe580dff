rule "http_flood_page" {
  description = "One source asks one web server for its first page many times a second."
  severity    = "high"
  category    = "flood"
  attack      = ["T1499.002"]
  references = [
    "https://attack.mitre.org/techniques/T1499/002/",
    "https://github.com/jseidl/GoldenEye",
    "https://www.rfc-editor.org/rfc/rfc9112#section-3",
  ]

  # GET / and GET /?: HULK, GoldenEye, LOIC and slowloris ask for the first page, with a made-up query that no cache has. A program that asks a web server for much asks for its parts.
  where = "http_request and (payload[5] == 32 or payload[5] == 63) and payload[4] == 47 and not (ip.src in list.loopback_nets)"
  by    = ["ip.src", "ip.dst"]
  window "10s" {
    requests = "count()"
    max_keys = 8192
  }
  threshold = var.http_flood_page_requests
  when      = "requests >= threshold"
  cooldown  = "1m"

  # A proxy or load balancer asks for all its clients, and says for whom (RFC 7239, and the names that were used before).
  except "proxies" { where = "payload contains ['X-Forwarded-For: ', 'x-forwarded-for: ', 'X-Real-IP: ', 'x-real-ip: ', 'Forwarded: ', 'Via: ', 'via: ']" }

  notify {
    to      = ["ops"]
    message = "${ip.src} asked ${ip.dst} for its first page ${requests} times in 10 s"
  }
}
