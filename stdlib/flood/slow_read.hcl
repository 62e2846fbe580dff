rule "slow_read" {
  description = "One source keeps many connections to a web server waiting, since it takes no more of the answers."
  severity    = "high"
  category    = "flood"
  attack      = ["T1499.002"]
  references = [
    "https://attack.mitre.org/techniques/T1499/002/",
    "https://github.com/shekyan/slowhttptest/wiki/SlowReadTest",
    "https://www.rfc-editor.org/rfc/rfc9293#section-3.8.6.1",
  ]

  # What the server asks when its window is closed is answered by a bare ACK of window 0, each time, for as long as somebody likes.
  where = "tcp.dstport in [80, 443, 8000, 8080, 8443] and tcp.flags == 16 and tcp.window_size_value == 0 and tcp.len == 0"
  by    = ["ip.src", "ip.dst", "tcp.dstport"]
  window "60s" {
    connections = "distinct(tcp.srcport)"
    refusals    = "count()"
  }
  threshold = var.slow_read_connections
  when      = "connections >= threshold and refusals >= 2 * connections"
  cooldown  = "5m"

  notify {
    to      = ["ops"]
    message = "${ip.src} keeps the answers of ${ip.dst} port ${tcp.dstport} waiting on ${connections} connections in 60 s"
  }
}
