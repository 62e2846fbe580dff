rule "mac_moved" {
  description = "An address of ours that was at one network card for long is at another."
  severity    = "medium"
  category    = "spoof"
  attack      = ["T1557.002"]
  references = [
    "https://attack.mitre.org/techniques/T1557/002/",
    "https://www.rfc-editor.org/rfc/rfc5227#section-2.4",
  ]

  # Off, since DHCP gives addresses to one card after the other.
  enabled = false

  where    = "arp and arp.opcode in [1, 2] and asset.src.mac != arp.src.hw_mac and asset.src.age > var.mac_moved_age and asset.src.ip in list.home_nets"
  by       = ["asset.src.ip"]
  cooldown = "10m"

  notify {
    to      = ["ops"]
    message = "${asset.src.ip} is at ${arp.src.hw_mac} now, and was at ${asset.src.mac} before"
  }
}
