rule "ra_flood" {
  description = "Router advertisements come from many routers on one link."
  severity    = "high"
  category    = "flood"
  attack      = ["T1557", "T1499"]
  references = [
    "https://attack.mitre.org/techniques/T1557/",
    "https://attack.mitre.org/techniques/T1499/",
    "https://www.rfc-editor.org/rfc/rfc6104",
    "https://www.rfc-editor.org/rfc/rfc6105",
  ]

  where = "icmpv6.type == 134"
  by    = []
  window "30s" {
    routers = "distinct(ip.src)"
  }
  threshold = var.ra_flood_routers
  when      = "routers >= threshold"
  cooldown  = "5m"

  notify {
    to      = ["ops"]
    message = "${routers} routers advertised themselves in 30 s, the last one ${ip.src}"
  }
}
