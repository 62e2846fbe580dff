rule "arp_claims" {
  description = "One hardware address claims many addresses of the network."
  severity    = "high"
  category    = "spoof"
  attack      = ["T1557.002"]
  references = [
    "https://attack.mitre.org/techniques/T1557/002/",
    "https://www.rfc-editor.org/rfc/rfc5227",
  ]

  # Gratuitous ARP, which nobody asked for: what answers to a sweep, as a router with proxy ARP does, is left out.
  where = "arp.src.proto_ipv4 == arp.dst.proto_ipv4"
  by    = ["arp.src.hw_mac"]
  window "60s" {
    addresses = "distinct(arp.src.proto_ipv4)"
  }
  threshold = var.arp_claims_addresses
  when      = "addresses >= threshold"
  cooldown  = "10m"

  # See arp_spoof.
  except "own" {
    where = "arp.src.hw_mac in list.own_macs"
  }

  notify {
    to      = ["ops"]
    message = "${arp.src.hw_mac} claimed ${addresses} addresses in 60 s, the last one ${arp.src.proto_ipv4}"
  }
}
