rule "dns_two_answers" {
  description = "One question to DNS has two answers that contradict each other."
  severity    = "high"
  category    = "dns"
  attack      = ["T1557", "T1584.002"]
  references = [
    "https://attack.mitre.org/techniques/T1557/",
    "https://attack.mitre.org/techniques/T1584/002/",
    "https://www.rfc-editor.org/rfc/rfc5452",
    "https://www.rfc-editor.org/rfc/rfc1035#section-4.1.1",
  ]

  # Who sees the question on its way answers before the server does, in its name, and the server's own answer comes as well. By the identifier of the question, in the first two bytes.
  # An answer that is sent, or seen, twice is the same; the forger's has one other address, or another length. Content networks answer a question that is asked again with
  # other addresses, several at once.
  where = "udp.srcport == 53 and dns.flags.response and dns.count.answers > 0 and dns.qry.type == 1"
  by    = ["ip.src", "ip.dst", "udp.dstport", "payload[0]", "payload[1]"]
  window "2s" {
    addresses = "distinct(dns.a)"
    contents  = "distinct(payload[12:400])"
    lengths   = "distinct(ip.len)"
    fewest    = "min(dns.count.answers)"
    max_keys  = 16384
  }
  threshold = var.dns_two_answers_answers
  when      = "contents >= threshold and fewest == 1 and (addresses == 2 or lengths >= 2)"
  cooldown  = "5m"

  notify {
    to      = ["ops"]
    message = "${contents} answers of ${ip.src} to one question of ${ip.dst} for ${dns.qry.name}, with ${addresses} addresses"
  }
}
