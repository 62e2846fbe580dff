rule "ip_protocol_flood" {
  description = "Many sources together send packets of rare IP protocols to one host at the rate of a flood."
  severity    = "high"
  category    = "flood"
  attack      = ["T1498.001"]
  references = [
    "https://attack.mitre.org/techniques/T1498/001/",
    "https://www.rfc-editor.org/rfc/rfc4732",
    "https://www.usenix.org/conference/usenixsecurity17/technical-sessions/presentation/antonakakis",
  ]

  # GRE, ESP, IP in IP and whatever a number may be; 1, 6, 17 and 58 have rules of their own.
  where = "ip and not (ip.proto in [1, 6, 17, 58])"
  by    = ["ip.dst"]
  window "5s" {
    packets = "count()"
    sources = "distinct(ip.src)"
  }
  threshold = var.ip_protocol_flood_packets
  when      = "packets >= threshold and sources >= var.ip_protocol_flood_sources"
  cooldown  = "1m"

  notify {
    to      = ["ops"]
    message = "${packets} packets of rare IP protocols from ${sources} sources to ${ip.dst} in 5 s, the last one of protocol ${ip.proto}"
  }
}
