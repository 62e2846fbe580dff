rule "dns_tunnel_volume" {
  description = "One source asks for many different names under one registered domain."
  severity    = "high"
  category    = "dns"
  attack      = ["T1071.004", "T1572", "T1048.003"]
  references = [
    "https://attack.mitre.org/techniques/T1071/004/",
    "https://attack.mitre.org/techniques/T1048/003/",
    "https://www.sans.org/white-papers/34152/",
    "https://publicsuffix.org/",
  ]

  where = "dns_query"
  by    = ["ip.src", "registered_domain(dns.qry.name)"]
  window "60s" {
    names = "distinct(dns.qry.name)"
  }
  threshold = var.dns_tunnel_volume_names
  when      = "names >= threshold"
  cooldown  = "1m"

  # A mail server asks block lists for each client: its address backwards, four numbers, before the list's own name (RFC 5782).
  except "block lists" { where = "dns.qry.name matches `^[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}\\.`" }

  # What a resolver asks for others it was asked before, and that is looked at.
  except "resolvers" { where = "ip.src in list.resolvers" }

  # Names of clouds and content networks are long or many, and their own name servers answer for them.
  except "content" { where = "dns.qry.name in list.content_domains" }

  # Addresses read backwards are long and many by their form (RFC 1035, section 3.5; RFC 3596, section 2.5).
  except "reverse" { where = "lower(dns.qry.name) endsWith '.arpa'" }

  escalate "virustotal" { indicator = "registered_domain(dns.qry.name)" }
  notify {
    to      = ["ops"]
    message = "${ip.src} asked for ${names} names under ${registered_domain(dns.qry.name)} in 60 s"
  }
}
