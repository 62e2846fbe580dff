rule "kill_chain" {
  description = "Alerts of several stages of an attack for one source."
  severity    = "critical"
  category    = "correlation"
  attack      = ["T1595", "T1110", "T1071"]
  references = [
    "https://attack.mitre.org/tactics/enterprise/",
    "https://www.lockheedmartin.com/en-us/capabilities/cyber/cyber-kill-chain.html",
    "https://doi.org/10.1145/586110.586144",
  ]

  on    = "alert"
  where = <<-EOT
    alert.mode == 'enforce' and alert.severity in ['medium', 'high', 'critical']
    and alert.category in ['recon', 'credential', 'honeypot', 'spoof', 'dns', 'c2', 'exfil']
  EOT
  by    = ["ip.src"]
  window "10m" {
    stages = "distinct(alert.category)"
  }
  threshold = var.kill_chain_stages
  when      = "stages >= threshold"
  cooldown  = "10m"

  # The address in these alerts is that of the packet that happened to be the last of many sources', or the victim's own, forged.
  except "many_sources" { where = "alert.rule in ['distributed_brute_force', 'distributed_port_scan', 'port_scan_network', 'dhcp_two_servers']" }

  # The address is the victim's own, forged.
  except "forged" { where = "alert.rule in ['land_attack', 'rst_injection']" }

  # These look at answers: the source of the last packet is the host that was attacked, or the resolver.
  except "answers" { where = "alert.rule in ['ack_sweep', 'dns_rebinding', 'http_scanner', 'kerberos_errors', 'login_failures', 'login_failures_slow', 'nxdomain_burst', 'refused_ports', 'refused_udp_ports', 'sip_guessing', 'ssh_failures']" }

  # A port scan that comes to port 4444 has not called home.
  except "probes" { where = "alert.rule == 'suspicious_port'" }

  # No escalation: reputation has had its say in the rules that fired, and must not make one alert a chain.
  # No block: some of the rules that count fire on packets whose source can be forged.
  notify {
    to      = ["ops"]
    message = "${ip.src} was seen at ${stages} stages of an attack in 10 min, the last one by ${alert.rule}"
  }
}
