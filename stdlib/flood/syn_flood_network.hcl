rule "syn_flood_network" {
  description = "Several addresses of one IPv6 network open TCP connections together at the rate of a flood."
  severity    = "high"
  category    = "flood"
  attack      = ["T1499.001", "T1498.001"]
  references = [
    "https://attack.mitre.org/techniques/T1499/001/",
    "https://www.rfc-editor.org/rfc/rfc4987",
    "https://www.rfc-editor.org/rfc/rfc8981",
  ]

  # A host has a whole /64 to send from. What one address does alone is syn_flood, what many networks do is syn_flood_global.
  where = "new_connection and ip.version == 6"
  by    = ["network(ip.src, 32, 64)"]
  window "5s" {
    syns    = "count()"
    sources = "distinct(ip.src)"
  }
  threshold = var.syn_flood_network_syns
  when      = "syns >= threshold and sources >= var.syn_flood_network_sources"

  # No response: others may live in the network, and ip.src is but the last of its addresses.
  notify {
    to      = ["ops"]
    message = "${sources} addresses of ${network(ip.src, 32, 64)}/64 sent ${syns} SYN in 5 s, the last one to ${ip.dst} port ${tcp.dstport}"
  }
}
