rule "slow_port_scan" {
  description = "One source slowly tries many service ports of one host."
  severity    = "medium"
  category    = "recon"
  attack      = ["T1046"]
  references = [
    "https://attack.mitre.org/techniques/T1046/",
    "https://nmap.org/book/man-performance.html",
    "https://www.icir.org/vern/papers/portscan-oak04.pdf",
  ]

  # Below 1024, because passive FTP, RPC and peer-to-peer programs open many high ports of one host. A client of a domain controller
  # needs about eight.
  where = "new_connection and tcp.dstport < 1024"
  by    = ["ip.src", "ip.dst"]
  window "15m" {
    ports = "distinct(tcp.dstport)"
  }
  window "10s" {
    fast = "distinct(tcp.dstport)"
  }
  threshold = var.slow_port_scan_ports
  when      = "ports >= threshold and fast < var.port_scan_ports"
  cooldown  = "15m"

  notify {
    to      = ["ops"]
    message = "${ip.src} tried ${ports} service ports of ${ip.dst} in 15 min"
  }
}
