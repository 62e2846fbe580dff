rule "port_scan_network" {
  description = "Several addresses of one IPv6 network try many TCP destination ports together."
  severity    = "high"
  category    = "recon"
  attack      = ["T1046", "T1595.001"]
  references = [
    "https://attack.mitre.org/techniques/T1046/",
    "https://www.rfc-editor.org/rfc/rfc7707",
    "https://www.rfc-editor.org/rfc/rfc8981",
  ]

  # A host has a whole /64 to send from, so that a scan need not use one source address twice. What one address does alone is port_scan.
  where = "new_connection and ip.version == 6"
  by    = ["network(ip.src, 32, 64)"]
  window "10s" {
    ports   = "distinct(tcp.dstport)"
    sources = "distinct(ip.src)"
  }
  threshold = var.port_scan_network_ports
  when      = "ports >= threshold and sources >= var.port_scan_network_sources"
  cooldown  = "5m"

  # No response: others may live in the network, and ip.src is but the last of its addresses.
  notify {
    to      = ["ops"]
    message = "${sources} addresses of ${network(ip.src, 32, 64)}/64 tried ${ports} TCP ports in 10 s, the last one ${tcp.dstport} on ${ip.dst}"
  }
}
