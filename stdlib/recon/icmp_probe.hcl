rule "icmp_probe" {
  description = "One source asks one host several questions of ICMP that nobody asks any more."
  severity    = "medium"
  category    = "recon"
  attack      = ["T1592.002", "T1046"]
  references = [
    "https://attack.mitre.org/techniques/T1592/002/",
    "https://attack.mitre.org/techniques/T1046/",
    "https://www.rfc-editor.org/rfc/rfc6918",
    "https://www.rfc-editor.org/rfc/rfc792",
  ]

  # Timestamp (13), information (15) and address mask (17) requests. The last two are deprecated (RFC 6918); some monitors of clocks ask the first alone.
  where = "icmp.type in [13, 15, 17]"
  by    = ["ip.src", "ip.dst"]
  window "60s" {
    types = "distinct(icmp.type)"
  }
  threshold = var.icmp_probe_types
  when      = "types >= threshold"
  cooldown  = "5m"

  notify {
    to      = ["ops"]
    message = "${ip.src} asked ${ip.dst} ${types} questions of ICMP that are of use to probes alone"
  }
}
