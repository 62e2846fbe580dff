rule "honeypot_touch" {
  description = "A source came to a honeypot."
  severity    = "medium"
  category    = "honeypot"
  attack      = ["T1046", "T1595"]
  references = [
    "https://attack.mitre.org/techniques/T1046/",
    "https://attack.mitre.org/techniques/T1595/",
    "https://doi.org/10.1109/MSECP.2003.1193207",
  ]

  on    = "honeypot"
  where = "ip" # whatever it did: there is no legitimate traffic
  by    = ["ip.src"]

  cooldown = "10m" # one visit, not one alert for each thing that the visitor tries

  escalate "virustotal" { indicator = "ip.src" }
  notify {
    to      = ["ops"]
    message = "${ip.src} came to the honeypot at ${ip.dst} port ${dst.port} (${honeypot.service}): ${honeypot.action}"
  }
}
