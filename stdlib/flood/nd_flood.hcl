rule "nd_flood" {
  description = "Neighbour discovery comes from very many addresses on one link."
  severity    = "high"
  category    = "flood"
  attack      = ["T1499"]
  references = [
    "https://attack.mitre.org/techniques/T1499/",
    "https://www.rfc-editor.org/rfc/rfc6583",
    "https://www.rfc-editor.org/rfc/rfc4861",
  ]

  where = "icmpv6.type in [135, 136]"
  by    = []
  window "5s" {
    addresses = "distinct(ip.src)"
  }
  threshold = var.nd_flood_addresses
  when      = "addresses >= threshold"
  cooldown  = "1m"

  notify {
    to      = ["ops"]
    message = "neighbour discovery of ${addresses} addresses in 5 s, the last one ${ip.src}"
  }
}
