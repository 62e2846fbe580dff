rule "dns_rebinding" {
  description = "A name that was outside is inside, for the same client within ten minutes."
  severity    = "medium"
  category    = "dns"
  attack      = ["T1189"]
  references = [
    "https://attack.mitre.org/techniques/T1189/",
    "https://crypto.stanford.edu/dns/dns-rebinding.pdf",
    "https://cwe.mitre.org/data/definitions/350.html",
  ]

  # A browser holds to names: what comes from one name may talk to that name. So the attacker changes where the name leads.
  sequence "10m" {
    step "outside" {
      where = "dns.flags.response and dns.a in ['0.0.0.0/0'] and not is_private(dns.a)"
      by    = ["ip.dst", "lower(dns.qry.name)"]
    }
    step "inside" {
      where = "dns.flags.response and is_private(dns.a)"
      by    = ["ip.dst", "lower(dns.qry.name)"]
    }
  }
  cooldown = "10m"

  notify {
    to      = ["ops"]
    message = "${dns.qry.name} was outside for ${ip.dst} and is ${dns.a} now"
  }
}
