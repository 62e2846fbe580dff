rule "icmp_fragments" {
  description = "One host gets fragments of pings that are larger than any frame."
  severity    = "medium"
  category    = "flood"
  attack      = ["T1498.001", "T1499.004"]
  references = [
    "https://attack.mitre.org/techniques/T1498/001/",
    "https://attack.mitre.org/techniques/T1499/004/",
    "https://en.wikipedia.org/wiki/Ping_of_death",
    "https://www.rfc-editor.org/rfc/rfc791#section-3.2",
  ]

  # As in tcp_fragments: what begins 9,000 bytes (1,125 times eight) or more behind the beginning of a packet is no test of whether large frames pass. ping -l 65500 sends 38 of these a second.
  where = "ip.proto in [1, 58] and ip.frag_offset >= 1125"
  by    = ["ip.dst"]
  window "10s" {
    fragments = "count()"
    max_keys  = 8192
  }
  threshold = var.icmp_fragments_count
  when      = "fragments >= threshold"
  cooldown  = "5m"

  notify {
    to      = ["ops"]
    message = "${ip.dst} got ${fragments} fragments in 10 s of pings larger than any frame, the last one from ${ip.src}"
  }
}
