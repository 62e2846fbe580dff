rule "stealth_scan" {
  description = "One source sends TCP packets with flags that no TCP sends."
  severity    = "high"
  category    = "recon"
  attack      = ["T1046", "T1595.001"]
  references = [
    "https://attack.mitre.org/techniques/T1046/",
    "https://nmap.org/book/scan-methods-null-fin-xmas-scan.html",
    "https://www.rfc-editor.org/rfc/rfc9293#section-3.10.7",
  ]

  where = "null_probe or fin_probe or xmas_probe or syn_fin_probe"
  by    = ["ip.src"]
  window "10s" {
    probes = "count()"
  }
  threshold = var.stealth_scan_packets
  when      = "probes >= threshold"
  cooldown  = "5m"

  # An answer, not a probe: some web servers end a connection so, and say it again until they are heard.
  except "answers" { where = "tcp.flags.syn and tcp.flags.ack" }

  escalate "virustotal" { indicator = "ip.src" }

  # No quarantine: the source may be forged, and one scan with decoys (nmap -D) fires this rule for addresses that sent nothing.
  notify {
    to      = ["ops"]
    message = "${ip.src} sent ${probes} TCP packets with impossible flags in 10 s, the last one to ${ip.dst} port ${tcp.dstport}"
  }
}
