rule "syn_flood" {
  description = "One source opens TCP connections at a rate that exhausts a server's backlog."
  severity    = "critical"
  category    = "flood"
  attack      = ["T1499.001", "T1498.001"]
  references = [
    "https://attack.mitre.org/techniques/T1499/001/",
    "https://www.rfc-editor.org/rfc/rfc4987",
  ]

  where = "new_connection or web_asked or database_asked or cache_asked"
  by    = ["ip.src"]
  window "5s" {
    syns   = "count(new_connection)"
    asked  = "distinct([ip.dst, tcp.dstport], web_asked)"
    stores = "count(new_connection and tcp.dstport in [3306, 5432, 6379, 11211])"
    used   = "distinct([ip.dst, tcp.dstport, tcp.srcport], database_asked or cache_asked)"
  }
  threshold = var.syn_flood_syns
  # A browser opens up to six connections to each of the servers that a page names, all at once, and asks each of them. At no more than that nothing is flooded.
  # Nor does a program without a pool flood its database or cache, which asks it for something on each connection;
  # and what is asked there takes off no more than there are new connections to such.
  when = "new_connection and (used < stores ? syns - used : syns - stores) >= threshold and syns > 6 * asked"

  escalate "virustotal" { indicator = "ip.src" }

  # The source may be forged. Accepted, because a flood that hurts under one address is stopped by dropping that address, forged
  # or not, and a forger gains no more than an hour of silence for an address that is neither the host's own, a gateway, a
  # resolver nor on the never-block list: those are never blocked. Floods of many addresses are syn_flood_global's, which blocks none.
  block {
    target    = "ip.src"
    for       = "1h"
    spoofable = "accept"
  }
  notify {
    to      = ["ops"]
    message = "${ip.src} sent ${syns} SYN in 5 s, the last one to ${ip.dst} port ${tcp.dstport}"
  }
}
