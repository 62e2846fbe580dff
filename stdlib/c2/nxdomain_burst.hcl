rule "nxdomain_burst" {
  description = "One host asks for many domains that do not exist."
  severity    = "medium"
  category    = "c2"
  attack      = ["T1568.002"]
  references = [
    "https://attack.mitre.org/techniques/T1568/002/",
    "https://www.usenix.org/conference/usenixsecurity12/technical-sessions/presentation/antonakakis",
    "https://www.rfc-editor.org/rfc/rfc8020",
  ]

  # By the one that asked: the destination of the answer.
  where = "dns.flags.response and dns.flags.rcode == 3 and not (lower(dns.qry.name) endsWith '.arpa')"
  by    = ["ip.dst"]
  window "5m" {
    domains = "distinct(registered_domain(lower(dns.qry.name)))"
  }
  threshold = var.nxdomain_burst_domains
  when      = "domains >= threshold"
  cooldown  = "10m"

  notify {
    to      = ["ops"]
    message = "${ip.dst} asked for ${domains} domains that do not exist in 5 min, the last one ${dns.qry.name}"
  }
}
