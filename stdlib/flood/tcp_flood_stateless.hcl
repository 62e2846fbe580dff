rule "tcp_flood_stateless" {
  description = "One host gets RST at the rate of a flood."
  severity    = "high"
  category    = "flood"
  attack      = ["T1498.001"]
  references = [
    "https://attack.mitre.org/techniques/T1498/001/",
    "https://www.rfc-editor.org/rfc/rfc9293#section-3.10.7",
  ]

  # RST alone, each from another port or source. Hosts refuse with RST and ACK; a RST alone resets what was answered, so that what
  # follows SYNs (194 with ECN) is as many as these.
  where = "tcp.flags in [2, 4, 194]"
  by    = ["ip.dst"]
  window "5s" {
    flows = "distinct([ip.src, tcp.srcport], tcp.flags == 4)"
    syns  = "count(tcp.flags in [2, 194])"
  }
  threshold = var.tcp_flood_stateless_flows
  when      = "flows >= threshold and flows >= 4 * syns"
  cooldown  = "1m"

  notify {
    to      = ["ops"]
    message = "${ip.dst} got RST from ${flows} pairs of source and port in 5 s, the last one from ${ip.src}"
  }
}
