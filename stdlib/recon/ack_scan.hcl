rule "ack_scan" {
  description = "One source sends ACKs of no connection to many service ports of one host."
  severity    = "high"
  category    = "recon"
  enabled     = false # it follows TCP conversations, which takes two fifths of the time of all other rules on top
  attack      = ["T1046"]
  references = [
    "https://attack.mitre.org/techniques/T1046/",
    "https://nmap.org/book/scan-methods-ack-scan.html",
    "https://www.rfc-editor.org/rfc/rfc9293#section-3.10.7",
  ]

  # ACK alone, or with FIN (nmap -sA, -sW, -sM), of connections whose handshake was not seen, by source and host: where a sensor begins in
  # the middle, two hosts do not hold connections to so many service ports.
  where = "tcp.flags in [16, 17] and tcp.len == 0 and tcp.dstport < 1024 and not conn.established and conn.to_server"
  by    = ["ip.src", "ip.dst"]
  window "30s" {
    ports = "distinct(tcp.dstport)"
  }
  threshold = var.ack_scan_ports
  when      = "ports >= threshold"
  cooldown  = "5m"

  notify {
    to      = ["ops"]
    message = "${ip.src} sent ACKs of no connection to ${ports} ports of ${ip.dst} in 30 s"
  }
}
