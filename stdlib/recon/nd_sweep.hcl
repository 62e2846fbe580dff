rule "nd_sweep" {
  description = "One host asks for many IPv6 addresses of its link."
  severity    = "medium"
  category    = "recon"
  attack      = ["T1018"]
  references = [
    "https://attack.mitre.org/techniques/T1018/",
    "https://www.rfc-editor.org/rfc/rfc4861#section-4.3",
    "https://www.rfc-editor.org/rfc/rfc7707",
  ]

  # The sweep of a link by ARP, for IPv6. A host that looks whether its own address is free asks from :: (RFC 4862).
  where = "icmpv6.type == 135 and ip.src != '::'"
  by    = ["ip.src"]
  window "10s" {
    hosts = "distinct(icmpv6.nd.target)"
  }
  threshold = var.nd_sweep_hosts
  when      = "hosts >= threshold"
  cooldown  = "5m"

  notify {
    to      = ["ops"]
    message = "${ip.src} asked for ${hosts} addresses by neighbour discovery in 10 s"
  }
}
