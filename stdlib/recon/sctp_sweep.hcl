rule "sctp_sweep" {
  description = "One source begins SCTP with many hosts, and says nothing over it."
  severity    = "medium"
  category    = "recon"
  attack      = ["T1018", "T1046"]
  references = [
    "https://attack.mitre.org/techniques/T1018/",
    "https://attack.mitre.org/techniques/T1046/",
    "https://nmap.org/book/host-discovery-techniques.html",
    "https://www.rfc-editor.org/rfc/rfc9260#section-3.3.2",
  ]

  # 20 bytes of IP (40 of version 6), 12 of SCTP, and an INIT of 20 without options, or a COOKIE ECHO of 8: what sctp_scan counts of one host.
  where = "ip.proto == 132 and ip.frag_offset == 0 and ip.len in [40, 52, 60, 72]"
  by    = ["ip.src"]
  window "60s" {
    hosts = "distinct(ip.dst)"
  }
  threshold = var.sctp_sweep_hosts
  when      = "hosts >= threshold"
  cooldown  = "5m"

  notify {
    to      = ["ops"]
    message = "${ip.src} began SCTP with ${hosts} hosts in 60 s, the last one ${ip.dst}"
  }
}
