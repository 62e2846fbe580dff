rule "ping_sweep" {
  description = "One source pings many hosts."
  severity    = "medium"
  category    = "recon"
  attack      = ["T1018"]
  references = [
    "https://attack.mitre.org/techniques/T1018/",
    "https://www.rfc-editor.org/rfc/rfc792",
    "https://nmap.org/book/man-host-discovery.html",
  ]

  # Timestamps (13) and address masks (17, RFC 950) are asked for where echoes are filtered: nmap -PP and -PM.
  where = "(echo_request or icmp.type in [13, 17]) and not (ip.dst in list.group_nets)"
  by    = ["ip.src"]
  window "30s" {
    hosts = "distinct(ip.dst)"
  }
  threshold = var.ping_sweep_hosts
  when      = "hosts >= threshold"
  cooldown  = "5m"

  # What looks after all other hosts does what a sweep does.
  except "monitors" { where = "ip.src in list.monitors" }

  notify {
    to      = ["ops"]
    message = "${ip.src} pinged ${hosts} hosts in 30 s, the last one ${ip.dst}"
  }
}
