rule "ack_sweep" {
  description = "Many hosts refuse packets of one source that belong to no connection."
  severity    = "medium"
  category    = "recon"
  attack      = ["T1018"]
  references = [
    "https://attack.mitre.org/techniques/T1018/",
    "https://nmap.org/book/host-discovery-techniques.html",
    "https://www.rfc-editor.org/rfc/rfc9293#section-3.10.7",
  ]

  # A packet of no connection is answered by RST without ACK. So is what comes late for a connection that was there: whoever opens
  # connections, such as a proxy, gets some of these from many servers, and sent SYN to as many (here with ECN, 194, too).
  where = "tcp.flags in [2, 4, 194] and tcp.len == 0"
  by    = ["tcp.flags == 4 ? ip.dst : ip.src", "tcp.flags == 4 ? tcp.srcport : tcp.dstport"]
  window "60s" {
    refused = "distinct(ip.src, tcp.flags == 4)"
    opened  = "distinct(ip.dst, tcp.flags != 4)"
  }
  threshold = var.ack_sweep_hosts
  when      = "tcp.flags == 4 and refused >= threshold and refused > 2 * opened"
  cooldown  = "5m"

  notify {
    to      = ["ops"]
    message = "${refused} hosts refused packets of ${ip.dst} to port ${tcp.srcport} in 60 s that belong to no connection"
  }
}
