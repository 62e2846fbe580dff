rule "tcp_flood_stateless" {
  description = "One host gets RST, or flags that no TCP sends, at the rate of a flood."
  severity    = "high"
  category    = "flood"
  attack      = ["T1498.001"]
  references = [
    "https://attack.mitre.org/techniques/T1498/001/",
    "https://www.rfc-editor.org/rfc/rfc9293#section-3.10.7",
  ]

  # RST alone, no flag, FIN alone, or FIN, PSH and URG (0, 1, 41), each from another port or source. Hosts refuse with RST and ACK; a RST alone resets what was answered, so that what
  # follows SYNs (194 with ECN) is as many as these.
  where = "tcp.flags in [0, 1, 2, 4, 41, 194]"
  by    = ["ip.dst"]
  window "5s" {
    flows = "distinct([ip.src, tcp.srcport], tcp.flags in [0, 1, 4, 41])"
    syns  = "count(tcp.flags in [2, 194])"
  }
  threshold = var.tcp_flood_stateless_flows
  when      = "flows >= threshold and flows >= 4 * syns"
  cooldown  = "1m"

  notify {
    to      = ["ops"]
    message = "${ip.dst} got RST or odd flags from ${flows} pairs of source and port in 5 s, the last one from ${ip.src}"
  }
}
