rule "tcp_fragments" {
  description = "One host sends another TCP in fragments of packets that no TCP makes."
  severity    = "high"
  category    = "flood"
  attack      = ["T1498.001", "T1499.001"]
  references = [
    "https://attack.mitre.org/techniques/T1498/001/",
    "https://attack.mitre.org/techniques/T1499/001/",
    "https://www.rfc-editor.org/rfc/rfc9293#section-3.7.1",
    "https://www.rfc-editor.org/rfc/rfc8900",
  ]

  # TCP cuts what it sends to the size of its link (RFC 9293, section 3.7.1), which is 9,000 bytes for the largest frames of Ethernet. A router whose
  # next link is smaller makes fragments, but none that begins after those (1,125 times eight bytes): only a whole packet of more than any link takes has such.
  where = "ip.proto == 6 and ip.frag_offset >= 1125"
  by    = ["ip.src", "ip.dst"]
  window "10s" {
    fragments = "count()"
  }
  threshold = var.tcp_fragments_count
  when      = "fragments >= threshold"
  cooldown  = "5m"

  notify {
    to      = ["ops"]
    message = "${ip.src} sent ${ip.dst} ${fragments} fragments in 10 s of TCP packets larger than any link takes"
  }
}
