rule "beacon" {
  description = "A host of ours calls a server outside at even intervals."
  severity    = "low"
  category    = "c2"
  attack      = ["T1071"]
  references = [
    "https://attack.mitre.org/techniques/T1071/",
    "https://github.com/activecm/rita",
  ]

  # Off, since mail programs, updates and telemetry call at even intervals too.
  enabled = false

  where = "new_connection and to_outside"
  by    = ["ip.src", "ip.dst", "dst.port"]
  window "6h" {
    calls  = "count()"
    every  = "median(gap())"
    jitter = "cv(gap())"
  }
  threshold = var.beacon_calls
  when      = "calls >= threshold and every > 10 and jitter < 0.2"
  cooldown  = "6h"

  notify {
    to      = ["ops"]
    message = "${ip.src} calls ${ip.dst} port ${dst.port} every ${every} s, ${calls} times in 6 h"
  }
}
