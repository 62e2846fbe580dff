rule "icmp_ptunnel" {
  description = "Two hosts carry TCP in pings, with ptunnel."
  severity    = "high"
  category    = "exfil"
  attack      = ["T1095", "T1572"]
  references = [
    "https://attack.mitre.org/techniques/T1095/",
    "https://attack.mitre.org/techniques/T1572/",
    "https://www.cs.uit.no/~daniels/PingTunnel/",
  ]

  # Each packet of ptunnel begins with the first number, of ptunnel-ng 1.42 with the second, in pings and in their answers.
  where    = "(icmp.type == 8 or icmp.type == 0) and (payload startsWith b'\\xd5\\x20\\x08\\x80' or payload startsWith b'\\xde\\xad\\xc0\\xde')"
  by       = ["icmp.type == 8 ? ip.src : ip.dst", "icmp.type == 8 ? ip.dst : ip.src"]
  cooldown = "5m"

  notify {
    to      = ["ops"]
    message = "a tunnel in pings between ${ip.src} and ${ip.dst}"
  }
}
