rule "icmp_flood_large" {
  description = "One source sends one host large pings many times a second."
  severity    = "medium"
  category    = "flood"
  attack      = ["T1498.001"]
  references = [
    "https://attack.mitre.org/techniques/T1498/001/",
    "https://www.rfc-editor.org/rfc/rfc792",
    "https://man7.org/linux/man-pages/man8/ping.8.html",
  ]

  # ping sends one a second, of 84 bytes, and five at most for who is not root. Who looks for the size of packets that pass sends a dozen large ones.
  where = "echo_request and ip.len >= 1000"
  by    = ["ip.src", "ip.dst"]
  window "10s" {
    pings    = "count()"
    max_keys = 8192
  }
  threshold = var.icmp_flood_large_pings
  when      = "pings >= threshold"
  cooldown  = "5m"

  # What looks after all other hosts does what a sweep does.
  except "monitors" { where = "ip.src in list.monitors" }

  notify {
    to      = ["ops"]
    message = "${ip.src} sent ${pings} echo requests of 1,000 bytes and more to ${ip.dst} in 10 s"
  }
}
