rule "brute_force_slow" {
  description = "One source connects to one service that asks for a password, slowly and again and again."
  severity    = "low"
  category    = "credential"
  attack      = ["T1110.001"]
  references = [
    "https://attack.mitre.org/techniques/T1110/001/",
    "https://nmap.org/ncrack/man.html",
  ]

  # Off, and in shadow mode: programs that log in by themselves (git over SSH, deployment) open as many connections as slow guessing does.
  enabled = false
  mode    = "shadow"

  # Services that people log in to. Clients of mail, files and databases connect this often all day.
  where = "new_connection and tcp.dstport in [21, 22, 23, 3389, 5900]"
  by    = ["ip.src", "ip.dst", "tcp.dstport"]
  window "10m" {
    connections = "distinct([tcp.srcport, tcp.seq])" # a SYN that is sent again is the same
  }
  window "30s" {
    fast = "count()"
  }
  threshold = var.brute_force_slow_connections
  when      = "connections >= threshold and fast < var.brute_force_attempts" # faster is brute_force
  cooldown  = "30m"

  notify {
    to      = ["ops"]
    message = "${ip.src} connected ${connections} times to ${ip.dst} port ${tcp.dstport} in 10 min"
  }
}
