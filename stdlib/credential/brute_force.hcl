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

  where = "new_connection and tcp.dstport in list.login_ports"
  by    = ["ip.src"]
  window "30s" {
    attempts = "count()"
    sockets  = "distinct([ip.dst, tcp.dstport, tcp.srcport, tcp.seq])"
  }
  threshold = var.brute_force_attempts
  # A client sends a SYN again, from the same port and with the same number, five times and more, while a server does not answer: that is one attempt. A few of these are in
  # any traffic; where they are more than one in ten, they are not what is looked for.
  when = "attempts >= threshold and sockets >= 0.9 * threshold"

  escalate "virustotal" { indicator = "ip.src" }

  # No block: what is counted is SYNs, which can be forged.
  notify {
    to      = ["ops"]
    message = "${ip.src} connected ${attempts} times to login ports in 30 s, the last time to ${ip.dst} port ${tcp.dstport}"
  }
}
