rule "udp_host_sweep" {
  description = "One source tries one UDP service on many hosts."
  severity    = "high"
  category    = "recon"
  attack      = ["T1046", "T1018"]
  references = [
    "https://attack.mitre.org/techniques/T1046/",
    "https://attack.mitre.org/techniques/T1018/",
    "https://nmap.org/book/scan-methods-udp-scan.html",
    "https://www.cisa.gov/news-events/alerts/2014/01/17/udp-based-amplification-attacks",
  ]

  # Names of NetBIOS (137) at home alone: Windows asks whoever it meets on the internet for theirs.
  where = "(udp.dstport in list.sweep_udp_ports or udp.dstport == 137 and ip.dst in list.home_nets) and not (ip.dst in list.group_nets)"
  by    = ["ip.src", "udp.dstport"]
  window "60s" {
    hosts = "distinct(ip.dst)"
  }
  threshold = var.udp_host_sweep_hosts
  when      = "hosts >= threshold"
  cooldown  = "5m"

  # What looks after all other hosts does what a sweep does.
  except "monitors" { where = "ip.src in list.monitors" }

  notify {
    to      = ["ops"]
    message = "${ip.src} tried UDP port ${udp.dstport} on ${hosts} hosts in 60 s, the last one ${ip.dst}"
  }
}
