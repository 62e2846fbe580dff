rule "nd_spoof" {
  description = "Two hardware addresses take turns in speaking for an IPv6 address."
  severity    = "high"
  category    = "spoof"
  attack      = ["T1557"]
  references = [
    "https://attack.mitre.org/techniques/T1557/",
    "https://www.rfc-editor.org/rfc/rfc4861#section-4.4",
    "https://www.rfc-editor.org/rfc/rfc3756#section-4.1.1",
  ]

  # There and back: a failover, or a new card, changes it once.
  where = "icmpv6.type == 136 and icmpv6.opt.linkaddr != '00:00:00:00:00:00'"
  by    = ["icmpv6.nd.target"]
  window "1h" {
    mac_changes = "changes(icmpv6.opt.linkaddr)"
  }
  threshold = var.nd_spoof_changes
  when      = "mac_changes >= threshold"
  cooldown  = "1h"

  # See arp_spoof.
  except "own" {
    where = "icmpv6.opt.linkaddr in list.own_macs"
  }

  notify {
    to      = ["ops"]
    message = "${icmpv6.nd.target} is now at ${icmpv6.opt.linkaddr}, changes in 1 h: ${mac_changes}"
  }
}
