rule "icmp_tunnel" {
  description = "Pings between two hosts carry much data, are of many sizes, or carry other bytes each time."
  severity    = "high"
  category    = "exfil"
  attack      = ["T1095", "T1048", "T1572"]
  references = [
    "https://attack.mitre.org/techniques/T1095/",
    "https://attack.mitre.org/techniques/T1048/",
    "https://attack.mitre.org/techniques/T1572/",
    "http://phrack.org/issues/49/6.html",
    "https://www.rfc-editor.org/rfc/rfc792",
  ]

  # Systems put the time in the first 8 or 16 bytes, and the same behind in every ping.
  where = "echo_request"
  by    = ["ip.src", "ip.dst"]
  window "60s" {
    sent  = "sum(ip.len)"
    pings = "count()"
    sizes = "distinct(ip.len)"
    texts = "distinct(payload[16:32])"
  }
  threshold = var.icmp_tunnel_bytes
  when      = "(sent >= threshold and pings >= 70) or sizes >= 12 or texts >= 30"
  cooldown  = "10m"

  notify {
    to      = ["ops"]
    message = "${ip.src} sent ${pings} pings of ${sizes} sizes and ${sent} bytes to ${ip.dst} in 60 s, with ${texts} different contents"
  }
}
