rule "crafted_flood" {
  description = "Packets that a program writes itself come at the rate of a flood."
  severity    = "high"
  category    = "flood"
  attack      = ["T1498.001"]
  references = [
    "https://attack.mitre.org/techniques/T1498/001/",
    "https://scapy.readthedocs.io/",
    "https://www.rfc-editor.org/rfc/rfc6864",
  ]

  # Scapy numbers each packet 1, where systems count or draw lots, and does not say that it must not be cut. Of any source, since most scripts invent them.
  where = "ip.id == 1 and ip.version == 4 and not ip.flags.df and not ip.flags.mf and ip.frag_offset == 0 and (udp or icmp.type == 8 or new_connection)"
  by    = []
  window "5s" {
    packets = "count()"
    sources = "distinct(ip.src)"
  }
  threshold = var.crafted_flood_packets
  when      = "packets >= threshold and sources >= 10"
  cooldown  = "1m"

  notify {
    to      = ["ops"]
    message = "${packets} packets in 5 s that a program wrote itself, the last one from ${ip.src} to ${ip.dst}"
  }
}
