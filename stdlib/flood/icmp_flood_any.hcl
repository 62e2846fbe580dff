rule "icmp_flood_any" {
  description = "One host gets ICMP of any type and source at the rate of a flood."
  severity    = "high"
  category    = "flood"
  attack      = ["T1498.001"]
  references = [
    "https://attack.mitre.org/techniques/T1498/001/",
    "https://www.rfc-editor.org/rfc/rfc4732",
    "https://blacknurse.dk/",
  ]

  where = "icmp or icmpv6"
  by    = ["ip.dst"]
  window "5s" {
    packets = "count()"
  }
  threshold = var.icmp_flood_any_packets
  when      = "packets >= threshold"
  cooldown  = "1m"

  notify {
    to      = ["ops"]
    message = "${packets} ICMP packets to ${ip.dst} in 5 s, the last one from ${ip.src}"
  }
}
