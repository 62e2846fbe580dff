rule "syn_flood_fast" {
  description = "One source opens TCP connections in a burst of a second."
  severity    = "critical"
  category    = "flood"
  attack      = ["T1499.001", "T1498.001"]
  references = [
    "https://attack.mitre.org/techniques/T1499/001/",
    "https://www.rfc-editor.org/rfc/rfc4987",
  ]

  where = "new_connection"
  by    = ["ip.src"]
  window "1s" {
    syns = "count()"
  }
  threshold = var.syn_flood_fast_syns
  when      = "syns >= threshold"

  escalate "virustotal" { indicator = "ip.src" }

  # The source may be forged. Accepted for the reason that syn_flood gives; a burst says less than a flood, so the block is short.
  block {
    target    = "ip.src"
    for       = "10m"
    spoofable = "accept"
  }
  notify {
    to      = ["ops"]
    message = "${ip.src} sent ${syns} SYN in 1 s, the last one to ${ip.dst} port ${tcp.dstport}"
  }
}
