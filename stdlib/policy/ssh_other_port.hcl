rule "ssh_other_port" {
  description = "A server speaks SSH on another port than its own."
  severity    = "low"
  category    = "policy"
  attack      = ["T1571", "T1021.004"]
  references = [
    "https://attack.mitre.org/techniques/T1571/",
    "https://attack.mitre.org/techniques/T1021/004/",
    "https://www.rfc-editor.org/rfc/rfc4253#section-4.2",
  ]

  # Off, since it is a matter of policy, and many administrators move SSH on purpose.
  enabled = false

  # By what was said, when the connection ends.
  on       = "connection"
  where    = "conn.state == 'closed' and conn.service == 'ssh' and not (dst.port in [22, 2222])"
  by       = ["ip.dst", "dst.port"]
  cooldown = "24h"

  notify {
    to      = ["ops"]
    message = "${ip.dst} speaks SSH on port ${dst.port}, with ${ip.src}"
  }
}
