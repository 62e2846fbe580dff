rule "reflection_flood" {
  description = "Many servers of one UDP service send their answers to one host at the rate of a flood."
  severity    = "critical"
  category    = "flood"
  attack      = ["T1498.002"]
  references = [
    "https://attack.mitre.org/techniques/T1498/002/",
    "https://www.cisa.gov/news-events/alerts/2014/01/17/udp-based-amplification-attacks",
    "https://www.ndss-symposium.org/ndss2014/programme/amplification-hell-revisiting-network-protocols-ddos-abuse/",
  ]

  # What is asked for is far longer than the question; short answers, of which a resolver gets many, are passed over.
  where = "udp.srcport in list.reflector_ports and ip.len >= 200"
  by    = ["ip.dst", "udp.srcport"]
  window "5s" {
    packets = "count()"
    sources = "distinct(ip.src)"
  }
  threshold = var.reflection_flood_packets
  when      = "packets >= threshold and sources >= 50"
  cooldown  = "1m"

  notify {
    to      = ["ops"]
    message = "${packets} answers from UDP port ${udp.srcport} of ${sources} servers to ${ip.dst} in 5 s"
  }
}
