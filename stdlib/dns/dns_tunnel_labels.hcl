rule "dns_tunnel_labels" {
  description = "One source asks for many different names under one registered domain that look encoded, though they are not long."
  severity    = "high"
  category    = "dns"
  attack      = ["T1071.004", "T1572", "T1048.003"]
  references = [
    "https://attack.mitre.org/techniques/T1071/004/",
    "https://attack.mitre.org/techniques/T1048/003/",
    "https://www.sans.org/white-papers/34152/",
  ]

  # A piece of 24 characters between dots and hyphens is no word; longer names are dns_tunnel_names'.
  where = "dns_query and len(dns.qry.name) >= 30 and len(dns.qry.name) <= var.dns_tunnel_name_length and dns.qry.name matches '[^.-]{24}'"
  by    = ["ip.src", "registered_domain(dns.qry.name)"]
  window "60s" {
    names = "distinct(dns.qry.name)"
  }
  threshold = var.dns_tunnel_labels_names
  when      = "names >= threshold"
  cooldown  = "5m"

  # Services of a domain (RFC 2782), which each log-on to Active Directory asks for, have long names by their form.
  except "services" { where = "dns.qry.name startsWith '_' or lower(dns.qry.name) contains '._msdcs.'" }

  # What a resolver asks for others it was asked before, and that is looked at.
  except "resolvers" { where = "ip.src in list.resolvers" }

  # Names of clouds and content networks are long or many, and their own name servers answer for them.
  except "content" { where = "dns.qry.name in list.content_domains" }

  notify {
    to      = ["ops"]
    message = "${ip.src} asked for ${names} names that look encoded under ${registered_domain(dns.qry.name)} in 60 s, the last one ${dns.qry.name}"
  }
}
