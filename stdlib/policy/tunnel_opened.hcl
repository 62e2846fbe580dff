rule "tunnel_opened" {
  description = "A host of ours sends packets through a tunnel to a host outside."
  severity    = "medium"
  category    = "policy"
  attack      = ["T1572", "T1095"]
  references = [
    "https://attack.mitre.org/techniques/T1572/",
    "https://attack.mitre.org/techniques/T1095/",
    "https://www.rfc-editor.org/rfc/rfc6169",
  ]

  # By the outermost addresses, whatever is inside: what leaves in a tunnel passes filters that look at the outside only. Each pair is told
  # once; one that sends nothing for a month is new again.
  where = "tunnel and outer.ip.src in list.home_nets and not (outer.ip.dst in list.home_nets) and not (outer.ip.dst in list.group_nets)"
  by    = ["outer.ip.src", "outer.ip.dst", "tunnel.type"]
  # lint:ignore missing-learn that there is a tunnel is to be known on the first day, too
  memory "30d" {
    fresh = "first([outer.ip.src, outer.ip.dst, tunnel.type])"
  }
  when     = "fresh"
  cooldown = "1h"

  notify {
    to      = ["ops"]
    message = "${outer.ip.src} sends packets to ${outer.ip.dst} in a tunnel (${tunnel.type}), for the first time in 30 days"
  }
}
