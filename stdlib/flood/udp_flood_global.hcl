rule "udp_flood_global" {
  description = "Many sources together send UDP to one host at the rate of a flood."
  severity    = "critical"
  category    = "flood"
  attack      = ["T1498.001"]
  references = [
    "https://attack.mitre.org/techniques/T1498/001/",
    "https://www.rfc-editor.org/rfc/rfc8085#section-3.1",
    "https://www.rfc-editor.org/rfc/rfc4732",
  ]

  # Answers of services come from many to a busy resolver, too; those that nobody asked for are for reflection_flood.
  where = "udp and not service_answer and not (ip.dst in list.group_nets)"
  by    = ["ip.dst"]
  window "5s" {
    packets = "count()"
    sources = "distinct(ip.src)"
  }
  threshold = var.udp_flood_global_packets
  when      = "packets >= threshold and sources >= 200"
  cooldown  = "1m"

  notify {
    to      = ["ops"]
    message = "${packets} UDP packets from ${sources} sources to ${ip.dst} in 5 s"
  }
}
