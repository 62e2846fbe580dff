rule "icmp_redirects" {
  description = "One host is told again and again to send its packets by another way."
  severity    = "medium"
  category    = "spoof"
  attack      = ["T1557"]
  references = [
    "https://attack.mitre.org/techniques/T1557/",
    "https://www.rfc-editor.org/rfc/rfc792",
    "https://www.rfc-editor.org/rfc/rfc4861#section-8",
  ]

  where = "icmp.type == 5 or icmpv6.type == 137"
  by    = ["ip.src", "ip.dst"]
  window "60s" {
    redirects = "count()"
  }
  threshold = var.icmp_redirects_count
  when      = "redirects >= threshold"
  cooldown  = "10m"

  notify {
    to      = ["ops"]
    message = "${redirects} ICMP redirects from ${ip.src} to ${ip.dst} in 60 s"
  }
}
