rule "new_host" {
  description = "A host of ours that was never seen before sends something."
  severity    = "low"
  category    = "policy"
  attack      = ["T1200"]
  references = [
    "https://attack.mitre.org/techniques/T1200/",
    "https://www.cisecurity.org/controls/inventory-and-control-of-enterprise-assets",
  ]

  # Off, since hosts are new in each network that people bring their own to.
  enabled = false

  # ARP tells of a host before its first packet does.
  where    = "(ip or arp) and not asset.src.known and asset.src.ip in list.home_nets and asset.watched > var.new_host_learn"
  by       = ["asset.src.ip"]
  cooldown = "1h"

  notify {
    to      = ["ops"]
    message = "${asset.src.ip} was never seen before"
  }
}
