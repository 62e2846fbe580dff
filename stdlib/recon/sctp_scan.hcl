rule "sctp_scan" {
  description = "One source begins SCTP again and again with one host, and says nothing over it."
  severity    = "medium"
  category    = "recon"
  attack      = ["T1046"]
  references = [
    "https://attack.mitre.org/techniques/T1046/",
    "https://nmap.org/book/scan-methods-sctp-scan.html",
    "https://www.rfc-editor.org/rfc/rfc9260#section-3.3.2",
  ]

  # INIT without parameters has 20 bytes after the common header of 12, and nmap's COOKIE ECHO 8 (RFC 9260, section 3.3): nmap -sY, -sZ.
  # Whoever has something to say sends other packets as well.
  where = "ip.proto == 132 and ip.frag_offset == 0"
  by    = ["ip.src", "ip.dst"]
  window "10s" {
    probes  = "count(ip.len == (ip.version == 4 ? 52 : 72) or ip.len == (ip.version == 4 ? 40 : 60))"
    packets = "count()"
  }
  threshold = var.sctp_scan_probes
  when      = "probes >= threshold and probes * 10 >= packets * 9"
  cooldown  = "5m"

  notify {
    to      = ["ops"]
    message = "${ip.src} sent ${probes} SCTP packets that only begin something to ${ip.dst} in 10 s"
  }
}
