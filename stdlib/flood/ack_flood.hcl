rule "ack_flood" {
  description = "One host answers packets of no connection at the rate of a flood."
  severity    = "high"
  category    = "flood"
  attack      = ["T1498.001"]
  references = [
    "https://attack.mitre.org/techniques/T1498/001/",
    "https://www.rfc-editor.org/rfc/rfc9293#section-3.10.7.1",
    "https://doi.org/10.1145/1132026.1132027",
  ]

  # The answers, not the questions: a packet with ACK that belongs to no connection gets RST without ACK (RFC 9293), one for each. To
  # look at the ACKs themselves would take the state of every connection.
  where = "tcp.flags == 4"
  by    = ["ip.src"]
  window "5s" {
    flows = "distinct([ip.dst, tcp.dstport])"
  }
  threshold = var.ack_flood_flows
  when      = "flows >= threshold"
  cooldown  = "1m"

  notify {
    to      = ["ops"]
    message = "${ip.src} sent RST to ${flows} pairs of address and port in 5 s: something floods it with packets of no connection"
  }
}
