rule "port_scan" {
  description = "One source tries many TCP destination ports."
  severity    = "high"
  category    = "recon"
  attack      = ["T1046", "T1595.001"]
  references = [
    "https://attack.mitre.org/techniques/T1046/",
    "https://nmap.org/book/synscan.html",
    "https://www.icir.org/vern/papers/portscan-oak04.pdf",
  ]

  # SYNs, not packets: a busy server answers to many ports, and its answers carry ACK.
  where = "new_connection"
  by    = ["ip.src"]
  window "10s" {
    ports = "distinct(tcp.dstport)"
    peers = "distinct(ip.dst, tcp.dstport >= 1024 and to_outside)"
    low   = "distinct(tcp.dstport, tcp.dstport < 1024 and to_outside)"
  }
  threshold = var.port_scan_ports
  # A peer-to-peer program of ours tries one high port of each of many hosts outside; a scan tries many ports of a host, or low ones, too.
  when     = "ports >= threshold and (peers < 0.8 * threshold or low >= 5)"
  cooldown = "5m"

  # What looks after all other hosts does what a sweep does.
  except "monitors" { where = "ip.src in list.monitors" }

  escalate "virustotal" { indicator = "ip.src" }

  # No quarantine: the source may be forged, and one scan with decoys (nmap -D) fires this rule for addresses that sent nothing.
  notify {
    to      = ["ops"]
    message = "${ip.src} tried ${ports} TCP ports in 10 s, the last one ${tcp.dstport} on ${ip.dst}"
  }
}
