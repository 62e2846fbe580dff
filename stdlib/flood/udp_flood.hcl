rule "udp_flood" {
  description = "One source sends UDP packets to one host at the rate of a flood."
  severity    = "high"
  category    = "flood"
  attack      = ["T1498.001"]
  references = [
    "https://attack.mitre.org/techniques/T1498/001/",
    "https://www.rfc-editor.org/rfc/rfc8085#section-3.1",
  ]

  where = "udp"
  by    = ["ip.src", "ip.dst"]
  window "5s" {
    packets = "count(not service_answer)"
    answers = "count(service_answer)"
  }
  threshold = var.udp_flood_packets

  # A download by HTTP/3 at 4.6 Mbit/s, and the answers of a busy resolver, come at the rate at which other packets are a flood.
  when     = "packets >= threshold or answers >= 10 * threshold"
  cooldown = "1m"

  escalate "virustotal" { indicator = "ip.src" }

  # No quarantine: anyone can forge the source of a UDP packet, and the busiest senders are those that a site needs.
  notify {
    to      = ["ops"]
    message = "${ip.src} sent ${packets + answers} UDP packets to ${ip.dst} in 5 s"
  }
}
