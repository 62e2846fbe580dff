rule "nmap_ping" {
  description = "A host is asked with the timestamp request of nmap whether it is there."
  severity    = "medium"
  category    = "recon"
  attack      = ["T1018"]
  references = [
    "https://attack.mitre.org/techniques/T1018/",
    "https://nmap.org/book/host-discovery-techniques.html",
    "https://www.rfc-editor.org/rfc/rfc792",
  ]

  # Whoever wants to know the time gives their own (RFC 792, page 16). nmap sends three zeros: the last of the four packets that it looks for hosts with, unless told otherwise.
  where    = "icmp.type == 13 and icmp.code == 0 and payload[0:12] == b'\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00'"
  by       = ["ip.src"]
  cooldown = "10m"

  notify {
    to      = ["ops"]
    message = "${ip.src} looks for hosts as nmap does, the last time for ${ip.dst}"
  }
}
