rule "ssh_failures" {
  description = "One client opens SSH connections again and again that end before anybody is logged in."
  severity    = "medium"
  category    = "credential"
  attack      = ["T1110.001"]
  references = [
    "https://attack.mitre.org/techniques/T1110/001/",
    "https://www.rfc-editor.org/rfc/rfc4252#section-5.1",
    "https://www.rfc-editor.org/rfc/rfc4253#section-7",
  ]

  # What the server sends is encrypted, and its sizes are not. Before a login it sends its name, then two long messages, the
  # algorithms and the key exchange; a refusal has less than 120 bytes. After a login come its host keys and what the command says.
  where = "tcp.srcport == 22 and (tcp.len > 120 or payload startsWith 'SSH-')"
  by    = ["ip.dst", "ip.src"]
  window "10m" {
    connections = "count(payload startsWith 'SSH-')"
    messages    = "count(not (payload startsWith 'SSH-'))"
  }
  threshold = var.ssh_failures_connections
  # A monitor that only waits for the name has no key exchange; 1.5 and 2.5 leave room for some of both kinds.
  when     = "connections >= threshold and 2 * messages >= 3 * connections and 2 * messages <= 5 * connections"
  cooldown = "10m"

  notify {
    to      = ["ops"]
    message = "${ip.dst} opened ${connections} SSH connections to ${ip.src} in 10 min and did not get in"
  }
}
