rule "land_attack" {
  description = "A packet's source and destination are the same address and port."
  severity    = "high"
  category    = "spoof"
  attack      = ["T1499.004"]
  references = [
    "https://attack.mitre.org/techniques/T1499/004/",
    "https://nvd.nist.gov/vuln/detail/CVE-1999-0016",
    "https://nvd.nist.gov/vuln/detail/CVE-2005-0688",
  ]

  # A host may well talk to itself on one port, but then over loopback, and not where anybody else sees it.
  where = "ip.src == ip.dst and src.port == dst.port and not (ip.src in list.loopback_nets)"
  by    = ["ip.src"]

  # No escalation and no block: the source is forged by definition, and is the victim.
  notify {
    to      = ["ops"]
    message = "A packet to ${ip.dst} port ${dst.port} claims to come from there"
  }
}
