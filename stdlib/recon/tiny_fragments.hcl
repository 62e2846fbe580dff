rule "tiny_fragments" {
  description = "One source cuts IP packets into pieces that hide their TCP or UDP header."
  severity    = "high"
  category    = "recon"
  attack      = ["T1046", "T1562.006"]
  references = [
    "https://attack.mitre.org/techniques/T1046/",
    "https://attack.mitre.org/techniques/T1562/006/",
    "https://nmap.org/book/man-bypass-firewalls-ids.html",
    "https://www.rfc-editor.org/rfc/rfc1858",
    "https://www.rfc-editor.org/rfc/rfc791#section-3.2",
  ]

  # No link has an MTU below 68 bytes (RFC 791, section 3.2), so nobody but an attacker has a reason for a smaller first fragment.
  # A fragment that reaches into the header of the one before rewrites ports or flags behind the back of a filter (RFC 1858).
  where = "ip.flags.mf and ip.frag_offset == 0 and ip.len < 68 or ip.fragment.overlap and ip.frag_offset >= 1 and ip.frag_offset <= 7"
  by    = ["ip.src"]
  window "2m" {
    fragments = "count()"
  }
  threshold = var.tiny_fragments_count
  when      = "fragments >= threshold"
  cooldown  = "5m"

  notify {
    to      = ["ops"]
    message = "${ip.src} sent ${fragments} fragments in 2 min that hide a header, the last one to ${ip.dst}"
  }
}
