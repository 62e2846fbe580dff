rule "new_service" {
  description = "A host of ours offers a TCP service that was never seen there."
  severity    = "low"
  category    = "policy"
  attack      = ["T1571"]
  references = [
    "https://attack.mitre.org/techniques/T1571/",
    "https://github.com/activecm/rita",
  ]

  # Off, since services are new in each network that changes.
  enabled = false

  on    = "connection"
  where = "conn.state == 'established' and ip.proto == 6 and ip.dst in list.home_nets and dst.port < 32768"
  by    = ["ip.dst", "dst.port"]
  memory "30d" {
    fresh = "first([ip.dst, dst.port])"
    learn = "7d"
  }
  when     = "fresh"
  cooldown = "1h"

  notify {
    to      = ["ops"]
    message = "${ip.dst} offers port ${dst.port}, for the first time in 30 days, to ${ip.src}"
  }
}
