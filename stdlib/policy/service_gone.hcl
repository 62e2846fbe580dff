rule "service_gone" {
  description = "A service of ours that took connections before refuses them, or does not answer."
  severity    = "medium"
  category    = "policy"
  attack      = ["T1489"]
  references = [
    "https://attack.mitre.org/techniques/T1489/",
    "https://www.rfc-editor.org/rfc/rfc9293#section-3.10.7.1",
  ]

  # Off, since services stop in each network that changes, and what watches them sees it, too.
  enabled = false

  on    = "connection"
  where = "ip.proto == 6 and ip.dst in list.home_nets and asset.dst.service != ''"
  by    = ["ip.dst", "dst.port"]
  window "2m" {
    failed  = "count(conn.state in ['refused', 'unanswered'])"
    clients = "distinct(ip.src, conn.state in ['refused', 'unanswered'])"
    taken   = "count(conn.state == 'established')"
  }
  threshold = 5
  when      = "failed >= threshold and taken == 0"
  cooldown  = "1h"

  notify {
    to      = ["ops"]
    message = "${ip.dst} port ${dst.port} spoke ${asset.dst.service}, and took none of ${failed} connections of ${clients} clients in 2 min"
  }
}
