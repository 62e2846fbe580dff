rule "syn_flood" {
  description = "One source opens TCP connections at a rate that exhausts a server's backlog."
  severity    = "critical"
  category    = "flood"
  attack      = ["T1499.001", "T1498.001"]
  references = [
    "https://attack.mitre.org/techniques/T1499/001/",
    "https://www.rfc-editor.org/rfc/rfc4987",
  ]

  where = "new_connection or web_asked"
  by    = ["ip.src"]
  window "5s" {
    syns = "count(new_connection)"
    used = "distinct([ip.dst, tcp.dstport, tcp.srcport], web_used)"
  }
  window "30s" {
    asked = "distinct([ip.dst, tcp.dstport], web_asked)"
  }
  threshold = var.syn_flood_syns
  # A browser, or a proxy for many, opens up to six connections to each server that pages name, all at once, and asks each of them. At no more than that nothing is flooded.
  # A connection on which a web server is asked for something fills no backlog. Where half of them are such, what there is too much of are requests, for http_flood.
  when     = "new_connection and syns >= threshold and syns > 6 * asked and 2 * used < syns"
  cooldown = "1m"

  # A program without a pool connects to the cache in its own network for each request, 40 times a second and more.
  except "caches" { where = "tcp.dstport in [6379, 11211] and ip.src in list.home_nets and ip.dst in list.home_nets" }

  escalate "virustotal" { indicator = "ip.src" }

  # No block: the source may be forged, and one scan with decoys (nmap -D) fires this rule for addresses that sent nothing. Where nobody
  # of others comes from those addresses, an override adds one: see the page of this rule.
  notify {
    to      = ["ops"]
    message = "${ip.src} sent ${syns} SYN in 5 s, the last one to ${ip.dst} port ${tcp.dstport}"
  }
}
