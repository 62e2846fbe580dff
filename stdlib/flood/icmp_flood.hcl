rule "icmp_flood" {
  description = "One source sends pings at the rate of a flood."
  severity    = "high"
  category    = "flood"
  attack      = ["T1498.001"]
  references = [
    "https://attack.mitre.org/techniques/T1498/001/",
    "https://www.rfc-editor.org/rfc/rfc792",
    "https://www.rfc-editor.org/rfc/rfc4443#section-4.1",
  ]

  where = "echo_request"
  by    = ["ip.src"]
  window "5s" {
    requests = "count()"
    programs = "distinct(icmp.ident)"
    hosts    = "distinct(ip.dst)"
  }
  threshold = var.icmp_flood_requests
  # A loop that starts ping for each packet, which has an identifier of its own then, tests the path to one host: it has to be twice as fast.
  when     = "requests >= threshold and (requests >= 2 * threshold or 5 * programs < 3 * threshold or hosts > 1)"
  cooldown = "1m"

  # What looks after all other hosts does what a sweep does.
  except "monitors" { where = "ip.src in list.monitors" }

  escalate "virustotal" { indicator = "ip.src" }

  # No quarantine: anyone can forge the source of a ping, and twenty a second are a test of a path as often as an attack.
  notify {
    to      = ["ops"]
    message = "${ip.src} sent ${requests} echo requests in 5 s, the last one to ${ip.dst}"
  }
}
