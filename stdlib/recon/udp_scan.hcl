rule "udp_scan" {
  description = "One source tries many UDP ports of one host."
  severity    = "high"
  category    = "recon"
  attack      = ["T1046", "T1595.001"]
  references = [
    "https://attack.mitre.org/techniques/T1046/",
    "https://nmap.org/book/scan-methods-udp-scan.html",
    "https://www.rfc-editor.org/rfc/rfc1812#section-4.3.2.8",
    "https://www.rfc-editor.org/rfc/rfc6335#section-6",
  ]

  # UDP has no SYN that tells a question from an answer, the ports must. Answers go from a service, as a rule below 1024, to a
  # client's port, which is above (RFC 6335, section 6); calls, traceroute and most clients use ports from 10000 up. A scanner has
  # a client's port, or asks for a service below 1024.
  where = "udp.dstport < 10000 and (udp.dstport < 1024 or udp.srcport >= 1024)"
  by    = ["ip.src", "ip.dst"]

  # Two minutes, because hosts send one ICMP error a second (RFC 1812, section 4.3.2.8), and nmap waits for each. Of the ports that
  # it tries a quarter is below 10000.
  window "2m" {
    ports = "distinct(udp.dstport)"
  }
  threshold = var.udp_scan_ports
  when      = "ports >= threshold"
  cooldown  = "5m"

  escalate "virustotal" { indicator = "ip.src" }

  # No quarantine: the source may be forged, and one scan with decoys (nmap -D) fires this rule for addresses that sent nothing.
  notify {
    to      = ["ops"]
    message = "${ip.src} tried ${ports} UDP ports of ${ip.dst} in 2 min, the last one ${udp.dstport}"
  }
}
