rule "failed_connections" {
  description = "One source meets closed doors on many hosts and ports."
  severity    = "medium"
  category    = "recon"
  enabled     = false # it follows TCP conversations, which takes two fifths of the time of all other rules on top
  attack      = ["T1046", "T1018"]
  references = [
    "https://attack.mitre.org/techniques/T1046/",
    "https://attack.mitre.org/techniques/T1018/",
    "https://docs.zeek.org/en/master/scripts/policy/misc/scan.zeek.html",
  ]

  # By what became of connections: refused, or no answer for 3 s. It does not matter how fast they come, or to which ports.
  on    = "connection"
  where = "ip.proto == 6 and conn.state in ['established', 'refused', 'unanswered']"
  by    = ["ip.src"]
  window "5m" {
    doors   = "distinct([ip.dst, dst.port], conn.state != 'established')"
    answers = "count(conn.state != 'unanswered')"
  }
  threshold = var.failed_connections_doors
  # Of a source that nobody answers at all, it is not known whether answers are seen: a sensor may see one direction, a source be forged.
  when     = "doors >= threshold and answers > 0 and conn.state != 'established'"
  cooldown = "5m"

  notify {
    to      = ["ops"]
    message = "${ip.src} was refused or not answered on ${doors} pairs of host and port in 5 min, the last time by ${ip.dst} port ${dst.port}"
  }
}
