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
  # A FIN with ACK ends a connection that came about: FTP opens one for each file, from a client's port to one above 1023 that the server chose.
  where = "new_connection or (tcp.flags.fin and tcp.flags.ack and tcp.srcport >= 1024 and tcp.dstport >= 1024)"
  by    = ["ip.src"]
  window "10s" {
    ports = "distinct(tcp.dstport, new_connection)"
    ended = "distinct(tcp.dstport, tcp.flags.fin)"
  }
  threshold = var.port_scan_ports
  when      = "new_connection and ports >= threshold and 2 * ended < ports"
  cooldown  = "5m"

  except "monitors" { where = "ip.src in list.monitors" }

  escalate "virustotal" { indicator = "ip.src" }
  quarantine {
    target = "ip.src"
    for    = "10m"
  }
  notify {
    to      = ["ops"]
    message = "${ip.src} tried ${ports} TCP ports in 10 s, the last one ${tcp.dstport} on ${ip.dst}"
  }
}
