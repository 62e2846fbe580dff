rule "bad_user_agent" {
  description = "A tool that attacks web servers says its name."
  severity    = "high"
  category    = "recon"
  attack      = ["T1595.002"]
  references = [
    "https://attack.mitre.org/techniques/T1595/002/",
    "https://www.rfc-editor.org/rfc/rfc9110#section-10.1.5",
  ]

  # In requests on ports of web servers, since to put heads together each TCP packet pays. The names are looked for all at once; where one is found,
  # that it is in the line of User-Agent.
  where    = "http_request and lower(payload) contains list.scanner_agents and payload matches list.scanner_agent_lines"
  by       = ["ip.src", "ip.dst"]
  cooldown = "5m"

  notify {
    to      = ["ops"]
    message = "${ip.src} says to the web server ${ip.dst} port ${tcp.dstport} that it is a tool for attacks"
  }
}
