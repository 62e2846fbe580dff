rule "kill_chain" {
  description = "Several different rules fired for one source."
  severity    = "critical"
  category    = "correlation"
  attack      = ["T1595", "T1110", "T1071"]
  references = [
    "https://attack.mitre.org/tactics/enterprise/",
    "https://www.lockheedmartin.com/en-us/capabilities/cyber/cyber-kill-chain.html",
    "https://doi.org/10.1145/586110.586144",
  ]

  on    = "alert"
  where = "alert.mode == 'enforce'" # a rule on trial decides nothing, here no more than by itself
  by    = ["ip.src"]
  window "10m" {
    rules = "distinct(alert.rule)"
  }
  threshold = var.kill_chain_rules
  when      = "rules >= threshold"
  cooldown  = "10m"

  # The address in these alerts is that of the packet that happened to be the last of many sources', or the victim's own, forged.
  except "many_sources" { where = "alert.rule in ['distributed_brute_force', 'port_scan_network', 'syn_flood_global', 'syn_flood_network']" }
  except "forged" { where = "alert.rule == 'land_attack'" }

  # No escalation: reputation has had its say in the rules that fired, and must not make one alert a chain.
  #
  # What fired may have been forged packets (see syn_flood), so the block is no longer than that of a single rule.
  block {
    target = "ip.src"
    for    = "1h"
  }
  notify {
    to      = ["ops"]
    message = "${ip.src} set off ${rules} rules in 10 min, the last one ${alert.rule}"
  }
}
