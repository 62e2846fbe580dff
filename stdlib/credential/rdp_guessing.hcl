rule "rdp_guessing" {
  description = "One client begins Remote Desktop sessions with one host again and again."
  severity    = "medium"
  category    = "credential"
  attack      = ["T1110.001"]
  references = [
    "https://attack.mitre.org/techniques/T1110/001/",
    "https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-rdpbcgr/18a27ef9-6f9a-4501-b000-94b1fe3c2c10",
  ]

  # The X.224 connection request, behind the four bytes of TPKT: what a client says first. Whether it got in is inside TLS.
  where = "tcp.dstport == 3389 and payload[0] == 3 and payload[1] == 0 and payload[5] == 0xe0"
  by    = ["ip.src", "ip.dst"]
  window "5m" {
    requests = "distinct([tcp.srcport, tcp.seq])"
  }
  threshold = var.rdp_guessing_requests
  when      = "requests >= threshold"
  cooldown  = "10m"

  notify {
    to      = ["ops"]
    message = "${ip.src} began ${requests} Remote Desktop sessions with ${ip.dst} in 5 min"
  }
}
