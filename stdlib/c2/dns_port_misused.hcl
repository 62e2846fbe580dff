rule "dns_port_misused" {
  description = "A host of ours sends something that is not DNS to the port of DNS outside."
  severity    = "medium"
  category    = "c2"
  attack      = ["T1095", "T1571"]
  references = [
    "https://attack.mitre.org/techniques/T1095/",
    "https://attack.mitre.org/techniques/T1571/",
    "https://github.com/yarrick/iodine",
    "https://www.rfc-editor.org/rfc/rfc1035#section-4.2.1",
  ]

  # An answer goes to port 53 where the question came from it; between such servers both have it. iodine sends what looks like answers.
  where = "udp.dstport == 53 and udp.srcport != 53 and (not dns or dns.flags.response) and to_outside"
  by    = ["ip.src", "ip.dst"]
  window "60s" {
    packets = "count()"
  }
  threshold = var.dns_port_misused_packets
  when      = "packets >= threshold"
  cooldown  = "10m"

  notify {
    to      = ["ops"]
    message = "${ip.src} sent ${packets} packets to ${ip.dst} UDP port 53 in 60 s that are no DNS"
  }
}
