rule "host_sweep" {
  description = "One source tries the same TCP port on many hosts."
  severity    = "high"
  category    = "recon"
  attack      = ["T1018", "T1046", "T1595.001"]
  references = [
    "https://attack.mitre.org/techniques/T1018/",
    "https://attack.mitre.org/techniques/T1595/001/",
    "https://www.icir.org/vern/papers/portscan-oak04.pdf",
  ]

  where = "new_connection"
  by    = ["ip.src", "tcp.dstport"]
  window "60s" {
    hosts = "distinct(ip.dst)"
  }
  threshold = var.host_sweep_hosts
  when      = "hosts >= threshold"
  cooldown  = "5m"

  escalate "virustotal" { indicator = "ip.src" }
  quarantine {
    target = "ip.src"
    for    = "10m"
  }
  notify {
    to      = ["ops"]
    message = "${ip.src} tried TCP port ${tcp.dstport} on ${hosts} hosts in 60 s, the last one ${ip.dst}"
  }
}
