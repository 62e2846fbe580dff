rule "syn_flood_fast" {
  description = "One source opens TCP connections in a burst of a second."
  severity    = "critical"
  category    = "flood"
  attack      = ["T1499.001", "T1498.001"]
  references = [
    "https://attack.mitre.org/techniques/T1499/001/",
    "https://www.rfc-editor.org/rfc/rfc4987",
  ]

  where = "new_connection or web_asked or database_asked or cache_asked"
  by    = ["ip.src"]
  window "1s" {
    syns   = "count(new_connection)"
    asked  = "distinct([ip.dst, tcp.dstport], web_asked)"
    stores = "count(new_connection and tcp.dstport in [3306, 5432, 6379, 11211])"
    used   = "distinct([ip.dst, tcp.dstport, tcp.srcport], database_asked or cache_asked)"
  }
  threshold = var.syn_flood_fast_syns
  # A browser opens up to six connections to each of the servers that a page names, all at once, and asks each of them. At no more than that nothing is flooded.
  # Nor does a program without a pool flood its database or cache, which asks it for something on each connection;
  # and what is asked there takes off no more than there are new connections to such.
  when = "new_connection and (used < stores ? syns - used : syns - stores) >= threshold and syns > 6 * asked"

  escalate "virustotal" { indicator = "ip.src" }

  # No block: the source may be forged, and one scan with decoys (nmap -D) fires this rule for addresses that sent nothing.
  notify {
    to      = ["ops"]
    message = "${ip.src} sent ${syns} SYN in 1 s, the last one to ${ip.dst} port ${tcp.dstport}"
  }
}
