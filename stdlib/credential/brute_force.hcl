rule "brute_force" {
  description = "One source connects again and again to services that ask for a password."
  severity    = "high"
  category    = "credential"
  attack      = ["T1110.001", "T1110.003"]
  references = [
    "https://attack.mitre.org/techniques/T1110/",
    "https://attack.mitre.org/techniques/T1110/001/",
    "https://github.com/vanhauser-thc/thc-hydra",
  ]

  where = "new_connection and tcp.dstport in list.login_ports or database_asked"
  by    = ["ip.src"]
  window "30s" {
    attempts  = "count(new_connection)"
    sockets   = "distinct([ip.dst, tcp.dstport, tcp.srcport, tcp.seq], new_connection)"
    databases = "distinct([ip.dst, tcp.srcport], new_connection and tcp.dstport in [3306, 5432])"
    asked     = "distinct([ip.dst, tcp.srcport], not new_connection)"
  }
  threshold = var.brute_force_attempts
  # A client sends a SYN again, from the same port and with the same number, five times and more, while a server does not answer: that is one attempt. A few of these are in
  # any traffic; where they are more than one in ten, they are not what is looked for.
  # Programs without a pool connect to their database for each request. A connection on which they ask for something has been let in, and counts
  # for nothing; one that is refused asks for nothing. Queries on connections of before take off no more than there are new ones to databases.
  when     = "new_connection and attempts >= threshold and sockets >= 0.9 * threshold and (attempts - asked >= threshold or attempts - databases >= threshold)"
  cooldown = "5m"

  # What looks after all other hosts does what a sweep does.
  except "monitors" { where = "ip.src in list.monitors" }

  escalate "virustotal" { indicator = "ip.src" }

  # No block: what is counted is SYNs, which can be forged.
  notify {
    to      = ["ops"]
    message = "${ip.src} connected ${attempts} times to login ports in 30 s, the last time to ${ip.dst} port ${tcp.dstport}"
  }
}
