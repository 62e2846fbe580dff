rule "web_login_guessing_url" {
  description = "One client sends passwords to one web server again and again, in addresses of pages."
  severity    = "medium"
  category    = "credential"
  attack      = ["T1110.001"]
  references = [
    "https://attack.mitre.org/techniques/T1110/001/",
    "https://owasp.org/www-community/vulnerabilities/Information_exposure_through_query_strings_in_url",
    "https://github.com/vanhauser-thc/thc-hydra",
  ]

  # On any port. A camera is asked for its picture with one password, by an address that seldom changes: addresses are counted, by their first 96 bytes, not requests.
  where = "tcp.flags == 24 and payload[0] == 71 and payload[1] == 69 and payload[3] == 32 and payload[4] == 47 and payload contains ['assword=', 'asswd=', 'pass=', 'pwd='] and payload matches '^GET [^ ]*[?&](?i:[a-z_]*(?:pass(?:word|wd)?|pwd))='"
  by    = ["ip.src", "ip.dst", "tcp.dstport"]
  window "60s" {
    addresses = "distinct(payload[4:100])"
  }
  threshold = var.web_login_guessing_url_addresses
  when      = "addresses >= threshold"
  cooldown  = "5m"

  notify {
    to      = ["ops"]
    message = "${ip.src} sent passwords to the web server ${ip.dst} port ${tcp.dstport} in ${addresses} addresses in 60 s"
  }
}
