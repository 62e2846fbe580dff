rule "http_basic_guessing" {
  description = "One client asks a web server for one page with different passwords."
  severity    = "medium"
  category    = "credential"
  attack      = ["T1110.001"]
  references = [
    "https://attack.mitre.org/techniques/T1110/001/",
    "https://www.rfc-editor.org/rfc/rfc7617",
    "https://github.com/vanhauser-thc/thc-hydra",
  ]

  # GET alone: the same page again and again, and a request that differs each time. A program with one password asks for many pages, or says the same for one.
  where = "http_request and payload[0] == 71 and payload contains ['Authorization: Basic ', 'authorization: Basic ']"
  by    = ["ip.src", "ip.dst", "tcp.dstport"]
  window "60s" {
    requests = "distinct(payload[0:300])"
    pages    = "distinct(payload[4:40])"
    max_keys = 8192
  }
  threshold = var.http_basic_guessing_requests
  when      = "requests >= threshold and pages <= 1"
  cooldown  = "5m"

  notify {
    to      = ["ops"]
    message = "${ip.src} asked ${ip.dst} port ${tcp.dstport} for one page with ${requests} different passwords in 60 s"
  }
}
