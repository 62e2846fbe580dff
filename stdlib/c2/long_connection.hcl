rule "long_connection" {
  description = "A host of ours kept one connection to the outside open for hours."
  severity    = "low"
  category    = "c2"
  enabled     = false # video, shells that people leave open and VPNs are connected for as long
  attack      = ["T1071", "T1572"]
  references = [
    "https://attack.mitre.org/techniques/T1071/",
    "https://attack.mitre.org/techniques/T1572/",
    "https://github.com/activecm/rita",
  ]

  # Known when the connection ends. A tunnel, a remote shell and a backdoor that waits for orders stay where a page view ends.
  on        = "connection"
  where     = "conn.state == 'closed' and to_outside and conn.duration >= threshold"
  by        = ["ip.src", "ip.dst", "dst.port"]
  threshold = var.long_connection_seconds
  cooldown  = "1h"

  level "medium" { when = "conn.duration >= 3 * threshold" }

  notify {
    to      = ["ops"]
    message = "${ip.src} was connected to ${ip.dst} port ${dst.port} for ${conn.duration} s, ${conn.bytes_out} bytes out, ${conn.bytes_in} in"
  }
}
