rule "tcp_flood_stateless" {
  description = "One host gets RST, or SYN with ACK, of no connection at the rate of a flood."
  severity    = "high"
  category    = "flood"
  attack      = ["T1498.001"]
  references = [
    "https://attack.mitre.org/techniques/T1498/001/",
    "https://www.rfc-editor.org/rfc/rfc9293#section-3.10.7",
  ]

  # SYN (194 with ECN), RST alone, SYN with ACK: each from another port or source, to the side that serves: what follows SYNs (refused ones, or resets of answers that a SYN flood got) is
  # as many as these. A bare ACK is not looked at: a sensor that begins in the middle sees many of connections that are real.
  where = "tcp.flags in [2, 4, 18, 194] and conn.to_server and not conn.established"
  by    = ["ip.dst"]
  window "5s" {
    flows = "distinct([ip.src, tcp.srcport], tcp.flags in [4, 18])"
    syns  = "count(tcp.flags in [2, 194])"
  }
  threshold = var.tcp_flood_stateless_flows
  when      = "flows >= threshold and flows >= 4 * syns"
  cooldown  = "1m"

  notify {
    to      = ["ops"]
    message = "${ip.dst} got RST or SYN with ACK of ${flows} connections that nobody opened in 5 s, the last one from ${ip.src}"
  }
}
