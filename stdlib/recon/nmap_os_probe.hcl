rule "nmap_os_probe" {
  description = "A host is asked with the odd packets of nmap which operating system it is."
  severity    = "high"
  category    = "recon"
  attack      = ["T1046", "T1592.002"]
  references = [
    "https://attack.mitre.org/techniques/T1046/",
    "https://attack.mitre.org/techniques/T1592/002/",
    "https://nmap.org/book/osdetect-methods.html",
  ]

  # The probes IE (an echo request of code 9, sequence number 295, 120 bytes of data) and U1 (300 times C over UDP) of nmap -O.
  where    = "(icmp.type == 8 and icmp.code == 9 and icmp.seq == 295) or (udp.length == 308 and payload[0] == 67 and payload[7] == 67 and payload[19] == 67)"
  by       = ["ip.src", "ip.dst"]
  cooldown = "5m"

  notify {
    to      = ["ops"]
    message = "${ip.src} asked ${ip.dst} with the packets of nmap -O which operating system it is"
  }
}
