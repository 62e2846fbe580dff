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

  # No block: the source may be forged, and one scan with decoys (nmap -D) fires this rule for addresses that sent nothing.
  notify {
    to      = ["ops"]
    message = "${ip.src} sent ${syns} SYN in 1 s, the last one to ${ip.dst} port ${tcp.dstport}"
  }
}
