rule "unfinished_requests" {
  description = "A web server gets many requests that are short and do not end."
  severity    = "high"
  category    = "flood"
  attack      = ["T1499.002"]
  references = [
    "https://attack.mitre.org/techniques/T1499/002/",
    "https://en.wikipedia.org/wiki/Slowloris_(cyber_attack)",
    "https://www.rfc-editor.org/rfc/rfc9112#section-2",
  ]

  # A request ends with an empty line, in the first segment where it is short. slowloris leaves that out and waits. Of any source, since the connections may come from many.
  where = "http_request and payload[0] == 71 and tcp.len <= 512 and not (payload endsWith '\\r\\n\\r\\n' or payload endsWith '\\n\\n')"
  by    = ["ip.dst", "tcp.dstport"]
  window "60s" {
    connections = "distinct([ip.src, tcp.srcport])"
    max_keys    = 8192
  }
  threshold = var.unfinished_requests_connections
  when      = "connections >= threshold"
  cooldown  = "5m"

  notify {
    to      = ["ops"]
    message = "${ip.dst} port ${tcp.dstport} got requests that do not end on ${connections} connections in 60 s, the last one from ${ip.src}"
  }
}
