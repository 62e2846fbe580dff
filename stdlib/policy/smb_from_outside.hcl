rule "smb_from_outside" {
  description = "Somebody outside is connected to the file shares of a host of ours."
  severity    = "high"
  category    = "policy"
  enabled     = false # it follows TCP conversations, which takes two fifths of the time of all other rules on top
  attack      = ["T1021.002", "T1133"]
  references = [
    "https://attack.mitre.org/techniques/T1021/002/",
    "https://attack.mitre.org/techniques/T1133/",
    "https://www.cisa.gov/news-events/alerts/2017/01/16/smb-security-best-practices",
  ]

  # Connected: the handshake was seen whole, so that a sweep that nobody answers raises nothing here, and the source is not forged.
  on       = "connection"
  where    = "conn.state == 'established' and ip.proto == 6 and dst.port in [139, 445] and ip.dst in list.home_nets and not (ip.src in list.home_nets)"
  by       = ["ip.src", "ip.dst"]
  cooldown = "1h"

  notify {
    to      = ["ops"]
    message = "${ip.src} is connected to the file shares of ${ip.dst} port ${dst.port}"
  }
}
