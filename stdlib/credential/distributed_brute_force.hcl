rule "distributed_brute_force" {
  description = "Many sources connect to one host's service that asks for a password."
  severity    = "high"
  category    = "credential"
  attack      = ["T1110.003", "T1110.004"]
  references = [
    "https://attack.mitre.org/techniques/T1110/003/",
    "https://attack.mitre.org/techniques/T1110/004/",
    "https://doi.org/10.1145/2508859.2516719",
  ]

  where = "new_connection and tcp.dstport in list.login_ports"
  by    = ["ip.dst", "tcp.dstport"]
  window "60s" {
    sources = "distinct(ip.src)"
  }
  threshold = var.distributed_brute_force_sources
  when      = "sources >= threshold"
  cooldown  = "5m"

  # An office at nine in the morning: its hosts connect to their file server, mail server and database. What these refuse is login_failures.
  except "office" { where = "tcp.dstport in [25, 445, 1433, 3306, 5432] and ip.src in list.home_nets and ip.dst in list.home_nets" }

  # The source at hand: a known guesser among the sources makes fewer of them enough.
  escalate "virustotal" { indicator = "ip.src" }
  notify {
    to      = ["ops"]
    message = "${sources} sources connected to ${ip.dst} port ${tcp.dstport} in 60 s, the last one ${ip.src}"
  }
}
