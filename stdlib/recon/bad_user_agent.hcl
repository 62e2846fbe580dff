rule "bad_user_agent" {
  description = "A tool that attacks web servers says its name."
  severity    = "high"
  category    = "recon"
  attack      = ["T1595.002"]
  references = [
    "https://attack.mitre.org/techniques/T1595/002/",
    "https://www.rfc-editor.org/rfc/rfc9110#section-10.1.5",
  ]

  # Off, since heads of HTTP are put together for it, which each TCP packet pays for.
  enabled = false

  where    = "lower(http.user_agent) contains list.scanner_agents"
  by       = ["ip.src", "ip.dst"]
  cooldown = "5m"

  notify {
    to      = ["ops"]
    message = "${ip.src} says that it is ${http.user_agent} to the web server ${ip.dst} port ${tcp.dstport}"
  }
}
