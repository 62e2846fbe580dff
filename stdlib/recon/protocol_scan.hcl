rule "protocol_scan" {
  description = "One source tries many IP protocols of one host."
  severity    = "high"
  category    = "recon"
  attack      = ["T1046"]
  references = [
    "https://attack.mitre.org/techniques/T1046/",
    "https://nmap.org/book/scan-methods-ip-protocol-scan.html",
    "https://www.iana.org/assignments/protocol-numbers/protocol-numbers.xhtml",
  ]

  # TCP, UDP, ICMP and ICMPv6 are what hosts speak all day; of the 252 others two hosts seldom speak more than three.
  where = "ip.proto not in [1, 6, 17, 58] and ip.frag_offset == 0"
  by    = ["ip.src", "ip.dst"]
  window "2m" {
    protocols = "distinct(ip.proto)"
  }
  threshold = var.protocol_scan_protocols
  when      = "protocols >= threshold"
  cooldown  = "5m"

  notify {
    to      = ["ops"]
    message = "${ip.src} tried ${protocols} IP protocols of ${ip.dst} in 2 min"
  }
}
