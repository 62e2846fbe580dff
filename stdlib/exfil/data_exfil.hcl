rule "data_exfil" {
  description = "A home address sends much data to the outside."
  severity    = "high"
  category    = "exfil"
  attack      = ["T1041", "T1048", "T1567"]
  references = [
    "https://attack.mitre.org/tactics/TA0010/",
    "https://attack.mitre.org/techniques/T1041/",
    "https://attack.mitre.org/techniques/T1048/",
  ]

  where = "to_outside"
  by    = ["ip.src"]
  window "60s" {
    sent = "sum(ip.len)"
  }
  threshold = var.data_exfil_bytes
  when      = "sent >= threshold"
  cooldown  = "5m" # a long upload is one event, not twenty

  # A host under a SYN flood answers each packet with a RST of 40 bytes, to addresses that were forged.
  except "resets" { where = "tcp.flags.reset" }

  # What a web server answers, others asked for: the bytes go from its port to one of a client.
  except "served" { where = "src.port in [80, 443] and dst.port >= 1024" }

  escalate "virustotal" { indicator = "ip.dst" }
  notify {
    to      = ["ops"]
    message = "${ip.src} sent ${sent} bytes to the outside in 60 s, the last of them to ${ip.dst}"
  }
}
