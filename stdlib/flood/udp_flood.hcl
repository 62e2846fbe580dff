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
    packets = "count()"
  }
  threshold = var.udp_flood_packets
  when      = "packets >= threshold"

  escalate "virustotal" { indicator = "ip.src" }
  quarantine {
    target = "ip.src"
    for    = "10m"
  }
  notify {
    to      = ["ops"]
    message = "${ip.src} sent ${packets} UDP packets to ${ip.dst} in 5 s"
  }
}
