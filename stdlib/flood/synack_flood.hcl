rule "synack_flood" {
  description = "One host gets SYN+ACK of many servers and ports at the rate of a flood."
  severity    = "high"
  category    = "flood"
  attack      = ["T1498.001", "T1498.002"]
  references = [
    "https://attack.mitre.org/techniques/T1498/001/",
    "https://attack.mitre.org/techniques/T1498/002/",
    "https://www.rfc-editor.org/rfc/rfc9293#section-3.10.7.3",
    "https://www.usenix.org/conference/usenixsecurity21/presentation/bock",
  ]

  # Whoever opens connections gets one SYN+ACK for each, but from a few servers: pairs of address and port are counted, not packets. Forged
  # ones come from invented addresses or ports, reflected ones from all servers that can be found.
  where = "tcp.flags in [18, 82]"
  by    = ["ip.dst"]
  window "5s" {
    servers = "distinct([ip.src, tcp.srcport])"
  }
  threshold = var.synack_flood_servers
  when      = "servers >= threshold"
  cooldown  = "1m"

  notify {
    to      = ["ops"]
    message = "${ip.dst} got SYN+ACK from ${servers} pairs of server and port in 5 s, the last one from ${ip.src}"
  }
}
