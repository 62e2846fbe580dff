rule "dns_tunnel" {
  description = "A DNS query name is so long that it looks like carried data."
  severity    = "medium"
  category    = "dns"
  attack      = ["T1071.004", "T1572"]
  references = [
    "https://attack.mitre.org/techniques/T1071/004/",
    "https://attack.mitre.org/techniques/T1572/",
    "https://www.sans.org/white-papers/34152/",
  ]

  where     = "dns_query"
  by        = ["ip.src"]
  threshold = var.dns_tunnel_name_length
  when      = "len(dns.qry.name) > threshold"
  cooldown  = "1m" # every packet of a tunnel fires; one alert a minute is enough to act on

  # The domain, not the name: a tunnel's names are used only once, its domain stays.
  escalate "virustotal" { indicator = "registered_domain(dns.qry.name)" }
  notify {
    to      = ["ops"]
    message = "${ip.src} asked for a name of ${len(dns.qry.name)} characters: ${dns.qry.name}"
  }
}
