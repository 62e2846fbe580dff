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

  # Names that nobody registers, and that are long by their form: services of a domain (RFC 2782), which each log-on to Active
  # Directory asks for.
  except "services" { where = "dns.qry.name startsWith '_' or lower(dns.qry.name) contains '._msdcs.'" }

  # Addresses read backwards (RFC 3596, section 2.5), 72 characters for IPv6.
  except "reverse" { where = "lower(dns.qry.name) endsWith '.arpa' or lower(dns.qry.name) endsWith '.ip6.int'" }

  # What a resolver asks for others it was asked before, and that is looked at.
  except "resolvers" { where = "ip.src in list.resolvers" }

  # What is encoded stands in long pieces. Where no piece between dots and hyphens has 18 characters, words and numbers do: names that providers give to the
  # addresses of their customers, and those of machines in clouds. A tunnel that cuts itself up so has several names: dns_tunnel_names.
  except "content" { where = "dns.qry.name in list.content_domains or len(dns.qry.name) > var.dns_tunnel_name_length and not (dns.qry.name matches '[^.-]{18}|[.](?i:arpa)$')" }

  # The domain, not the name: a tunnel's names are used only once, its domain stays.
  escalate "virustotal" { indicator = "registered_domain(dns.qry.name)" }
  notify {
    to      = ["ops"]
    message = "${ip.src} asked for a name of ${len(dns.qry.name)} characters: ${dns.qry.name}"
  }
}
