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
  }
  threshold = var.brute_force_attempts
  when      = "attempts >= threshold"

  escalate "virustotal" { indicator = "ip.src" }

  # The source of a SYN can be forged. A real guess needs the whole handshake, but this rule does not look at it.
  # Accepted, because what a forger gains is an hour of silence for an address that is not protected (see syn_flood).
  block {
    target    = "ip.src"
    for       = "1h"
    spoofable = "accept"
  }
  notify {
    to      = ["ops"]
    message = "${ip.src} connected ${attempts} times to login ports in 30 s, the last time to ${ip.dst} port ${tcp.dstport}"
  }
}
