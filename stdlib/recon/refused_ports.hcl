rule "refused_ports" {
  description = "One host refuses another on many ports."
  severity    = "high"
  category    = "recon"
  attack      = ["T1046"]
  references = [
    "https://attack.mitre.org/techniques/T1046/",
    "https://www.rfc-editor.org/rfc/rfc9293#section-3.10.7.1",
    "https://nmap.org/book/man-port-scanning-techniques.html",
  ]

  # The answers, not the questions: whatever a scan's packets look like, and however slowly they come, closed ports answer with a RST.
  # A client's own RSTs go to one port and come from ephemeral ones, so that above 1023 only what answers a SYN counts: RST and ACK with sequence number 0 (RFC 9293, section 3.10.7.1).
  where = "tcp.flags.reset and tcp.len == 0 and (tcp.srcport < 1024 or tcp.flags == 20 and tcp.seq == 0)"
  by    = ["ip.dst", "ip.src"]
  window "10m" {
    ports = "distinct(tcp.srcport)"
  }
  threshold = var.refused_ports_ports
  when      = "ports >= threshold"
  cooldown  = "10m"

  # What collects metrics asks for those of programs that are down, too.
  except "monitors" { where = "ip.dst in list.monitors" }

  notify {
    to      = ["ops"]
    message = "${ip.src} refused ${ip.dst} on ${ports} ports in 10 min"
  }
}
