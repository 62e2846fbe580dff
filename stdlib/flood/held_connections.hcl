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

  # Off, since it looks at each packet to a web server.
  enabled = false

  # Pieces of a head or body that never ends (slowloris: a line each 15 s, slowhttptest: each 10 s). A small body has one piece alone.
  where = <<-EOT
    tcp.dstport in [80, 8000, 8080] and tcp.len > 0 and tcp.len <= 64 and conn.to_server and not conn.retransmission
    and not (payload startsWith 'GET ' or payload startsWith 'POST ' or payload startsWith 'HEAD ' or payload startsWith 'PUT ' or payload startsWith 'OPTIONS ')
  EOT
  by    = ["ip.src", "ip.dst", "tcp.dstport"]
  window "60s" {
    connections = "distinct(tcp.srcport)"
    pieces      = "count()"
  }
  threshold = var.held_connections_connections
  when      = "connections >= threshold and pieces >= 2 * connections"
  cooldown  = "5m"

  notify {
    to      = ["ops"]
    message = "${ip.src} keeps ${connections} connections to ${ip.dst} port ${tcp.dstport} busy with ${pieces} small pieces in 60 s"
  }
}
