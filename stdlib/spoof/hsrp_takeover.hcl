rule "hsrp_takeover" {
  description = "A host says by HSRP that it is the router with the highest priority there is."
  severity    = "medium"
  category    = "spoof"
  attack      = ["T1557"]
  references = [
    "https://attack.mitre.org/techniques/T1557/",
    "https://www.rfc-editor.org/rfc/rfc2281",
  ]

  # Version 0, which is HSRPv1: the priority is in the sixth byte.
  where    = "udp.dstport == 1985 and payload[0] == 0 and payload[5] == 255"
  by       = ["ip.src"]
  cooldown = "1h"

  notify {
    to      = ["ops"]
    message = "${ip.src} says by HSRP that its priority as a router is 255"
  }
}
