rule "distributed_port_scan" {
  description = "Many sources together try many ports of one host."
  severity    = "high"
  category    = "recon"
  attack      = ["T1046", "T1595.001"]
  references = [
    "https://attack.mitre.org/techniques/T1046/",
    "https://attack.mitre.org/techniques/T1595/001/",
    "https://nmap.org/book/man-bypass-firewalls-ids.html",
    "https://github.com/robertdavidgraham/masscan",
  ]

  # Ports of services alone: no host has thirty of them, while ports above 1023 are those of transfers by FTP, of peers and of calls.
  where = "new_connection and tcp.dstport < 1024"
  by    = ["ip.dst"]
  window "60s" {
    ports   = "distinct(tcp.dstport)"
    sources = "distinct(ip.src)"
  }
  threshold = var.distributed_port_scan_ports
  when      = "ports >= threshold and sources >= 10"
  cooldown  = "5m"

  notify {
    to      = ["ops"]
    message = "${sources} sources tried ${ports} ports of ${ip.dst} in 60 s, the last one ${ip.src} port ${tcp.dstport}"
  }
}
