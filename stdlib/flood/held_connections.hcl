rule "held_connections" {
  description = "One source keeps many connections to a web server busy with a few bytes now and then."
  severity    = "high"
  category    = "flood"
  attack      = ["T1499.002"]
  references = [
    "https://attack.mitre.org/techniques/T1499/002/",
    "https://en.wikipedia.org/wiki/Slowloris_(cyber_attack)",
    "https://www.rfc-editor.org/rfc/rfc9112#section-2",
  ]

  # Pieces of a head or body that never ends (slowloris: a line each 15 s, slowhttptest: each 10 s). A small body has one piece alone.
  # Pieces of WebSockets, HTTP/2 and TLS do not begin with a printable character.
  where = <<-EOT
    tcp.dstport in [80, 8000, 8080] and tcp.len > 0 and tcp.len <= 64 and payload[0] >= 32 and payload[0] < 127
    and not (payload startsWith 'GET ' or payload startsWith 'POST ' or payload startsWith 'HEAD ' or payload startsWith 'PUT ' or payload startsWith 'OPTIONS ')
  EOT
  by    = ["ip.src", "ip.dst", "tcp.dstport"]
  window "60s" {
    connections = "distinct(tcp.srcport)"
    pieces      = "distinct([tcp.srcport, tcp.seq])" # one that is sent again is the same
  }
  threshold = var.held_connections_connections
  when      = "connections >= threshold and pieces >= 2 * connections"
  cooldown  = "5m"

  notify {
    to      = ["ops"]
    message = "${ip.src} keeps ${connections} connections to ${ip.dst} port ${tcp.dstport} busy with ${pieces} small pieces in 60 s"
  }
}
