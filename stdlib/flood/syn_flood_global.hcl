rule "syn_flood_global" {
  description = "Many sources together open TCP connections at the rate of a flood."
  severity    = "critical"
  category    = "flood"
  attack      = ["T1498.001", "T1499.001"]
  references = [
    "https://attack.mitre.org/techniques/T1498/001/",
    "https://www.rfc-editor.org/rfc/rfc4987",
    "https://www.rfc-editor.org/rfc/rfc2827",
  ]

  where = "new_connection"
  by    = []
  window "5s" {
    syns    = "count()"
    sources = "distinct(ip.src)"
    targets = "distinct(ip.dst)"
  }
  threshold = var.syn_flood_global_syns
  # The link of a provider has as many SYN, from clients that open a few connections each, to hundreds of servers. A flood has few targets, or the hosts of one network.
  when     = "syns >= threshold and sources >= var.syn_flood_global_sources and (targets < 75 or targets < 250 and syns >= 5 * threshold)"
  cooldown = "1m"

  # No escalation and no block. The sources are as a rule forged, so the address of the packet that happens to fire the rule is an
  # indicator of nothing: one ill-reputed address must not lower the threshold for everybody's traffic.
  notify {
    to      = ["ops"]
    message = "${sources} sources sent ${syns} SYN in 5 s, the last one to ${ip.dst} port ${tcp.dstport}"
  }
}
