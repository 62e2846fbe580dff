rule "mac_flood" {
  description = "Frames come from so many hardware addresses that a switch's table overflows."
  severity    = "high"
  category    = "flood"
  attack      = ["T1498", "T1557"]
  references = [
    "https://attack.mitre.org/techniques/T1498/",
    "https://attack.mitre.org/techniques/T1557/",
    "https://www.cisco.com/c/en/us/td/docs/switches/lan/catalyst6500/ios/12-2SX/configuration/guide/book/port_sec.html",
    "https://www.monkey.org/~dugsong/dsniff/",
  ]

  # What tools fill tables with: ARP, pings, SYN without options, which no system sends, IP that carries nothing,
  # and frames of other protocols, of which there are few. To look at every frame takes
  # as long as all other rules.
  where = "arp or icmp.type == 8 or (new_connection and ip.len == 40) or (ip and not tcp and not udp and not icmp and not icmpv6 and ip.len <= 28) or (eth.type >= 1536 and not ip and not arp)"
  by    = []
  window "10s" {
    macs = "distinct(eth.src)"
  }
  threshold = var.mac_flood_macs
  when      = "macs >= threshold"
  cooldown  = "1m"

  notify {
    to      = ["ops"]
    message = "frames from ${macs} hardware addresses in 10 s, the last one ${eth.src}"
  }
}
