variable "fleet_scan_agents" {
  description = "Agents that see one source look around within 10 min, which make a scan of the fleet."
  default     = 3
}

variable "fleet_kill_chain_stages" {
  description = "Different stages of an attack (categories of rules) at which two or more agents see one source within 30 min, which make a chain."
  default     = 3
}

variable "worm_sources" {
  description = "Home addresses of which one rule fires at three or more agents within 30 min, which make a worm."
  default     = 5
}

rule "fleet_scan" {
  description = "Several agents see one source look around."
  severity    = "critical"
  category    = "fleet"
  attack      = ["T1595", "T1046"]

  on    = "alert"
  where = "alert.mode == 'enforce' and alert.category in ['recon', 'honeypot']"
  by    = ["ip.src"]
  window "10m" {
    agents = "distinct(alert.agent)"
  }
  threshold = var.fleet_scan_agents
  when      = "agents >= threshold"
  cooldown  = "10m"

  # The address in these is that of the last of many sources, or of the host that was attacked.
  except "others" { where = "alert.rule in ['distributed_port_scan', 'port_scan_network', 'ack_sweep', 'http_scanner', 'refused_ports', 'refused_udp_ports']" }

  notify {
    to      = ["ops"]
    message = "${agents} agents saw ${ip.src} look around within 10 min, the last one by ${alert.rule}"
  }
}

rule "fleet_kill_chain" {
  description = "Several agents together see one source at several stages of an attack."
  severity    = "critical"
  category    = "fleet"
  attack      = ["T1595", "T1110", "T1071"]

  on    = "alert"
  where = <<-EOT
    alert.mode == 'enforce' and alert.severity in ['medium', 'high', 'critical']
    and alert.category in ['recon', 'credential', 'honeypot', 'spoof', 'dns', 'c2', 'exfil']
  EOT
  by    = ["ip.src"]
  window "30m" {
    stages = "distinct(alert.category)"
    agents = "distinct(alert.agent)"
  }
  threshold = var.fleet_kill_chain_stages
  when      = "stages >= threshold and agents >= 2"
  cooldown  = "30m"

  except "others" {
    where = "alert.rule in ['ack_sweep', 'dhcp_two_servers', 'distributed_brute_force', 'distributed_port_scan', 'dns_rebinding', 'http_scanner', 'kerberos_errors', 'land_attack', 'login_failures', 'login_failures_slow', 'nxdomain_burst', 'port_scan_network', 'refused_ports', 'refused_udp_ports', 'rst_injection', 'sip_guessing', 'ssh_failures', 'suspicious_port']"
  }

  notify {
    to      = ["ops"]
    message = "${agents} agents saw ${ip.src} at ${stages} stages of an attack within 30 min, the last one by ${alert.rule}"
  }
}

rule "worm" {
  description = "One rule fires for several home addresses at several agents: something spreads."
  severity    = "critical"
  category    = "fleet"
  attack      = ["T1210", "T1570"]

  on    = "alert"
  where = "alert.mode == 'enforce' and ip.src in list.home_nets and alert.category in ['recon', 'credential', 'c2', 'dns', 'exfil', 'flood']"
  by    = ["alert.rule"]
  window "30m" {
    sources = "distinct(ip.src)"
    agents  = "distinct(alert.agent)"
  }
  threshold = var.worm_sources
  when      = "sources >= threshold and agents >= 3"
  cooldown  = "30m"

  notify {
    to      = ["ops"]
    message = "${alert.rule} fired for ${sources} home addresses at ${agents} agents within 30 min, the last one ${ip.src}"
  }
}
