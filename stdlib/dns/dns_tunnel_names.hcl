rule "dns_tunnel_names" {
  description = "One source asks for several different long names under one registered domain."
  severity    = "high"
  category    = "dns"
  attack      = ["T1071.004", "T1572"]
  references = [
    "https://attack.mitre.org/techniques/T1071/004/",
    "https://attack.mitre.org/techniques/T1572/",
    "https://www.sans.org/white-papers/34152/",
    "https://code.kryo.se/iodine/",
  ]

  where = "dns_query and len(dns.qry.name) > 50"
  by    = ["ip.src", "registered_domain(dns.qry.name)"]
  window "5m" {
    names = "distinct(dns.qry.name)"
  }
  threshold = var.dns_tunnel_names_names
  when      = "names >= threshold"
  cooldown  = "5m"

  # Addresses read backwards are long and many by their form (RFC 1035, section 3.5; RFC 3596, section 2.5).
  except "reverse" { where = "lower(dns.qry.name) endsWith '.arpa' or lower(dns.qry.name) endsWith '.ip6.int'" }

  # Services of a domain (RFC 2782), which each log-on to Active Directory asks for, have long names by their form.
  except "services" { where = "dns.qry.name startsWith '_' or lower(dns.qry.name) contains '._msdcs.'" }

  # What a resolver asks for others it was asked before, and that is looked at.
  except "resolvers" { where = "ip.src in list.resolvers" }

  # Names of clouds and content networks are long or many, and their own name servers answer for them.
  except "content" { where = "dns.qry.name in list.content_domains" }

  notify {
    to      = ["ops"]
    message = "${ip.src} asked for ${names} long names under one domain in 5 min, the last one ${dns.qry.name}"
  }
}
