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
  # Dropbear sends its name and the algorithms in one segment, and after a login nothing that is long; but then its messages are of several lengths.
  # A message ends with PSH; what a segment holds without it goes on in the next: a download, which is not counted, or the answer to a
  # key exchange (SSH_MSG_KEX_ECDH_REPLY, RFC 5656), which takes more than one with sntrup761x25519.
  where = "tcp.srcport in [22, 222, 2022, 2222, 22222] and tcp.len > 0 and (tcp.flags.push or payload[5] == 31)"
  by    = ["ip.dst", "ip.src"]
  window "10m" {
    connections = "count(payload startsWith 'SSH-')"
    messages    = "count(tcp.len > 120)"
    refusals    = "count(tcp.len <= 120)"
    joined      = "count(tcp.len > 120 and payload startsWith 'SSH-')"
    lengths     = "distinct(tcp.len)"
  }
  threshold = var.ssh_failures_connections
  # A monitor that only waits for the name has no key exchange; 1.5 and 2.5 leave room for some of both kinds.
  # A server may take twenty words on one connection: half as many connections are enough then, with ten refusals on each.
  when     = "2 * messages >= 3 * connections and 2 * messages <= 5 * connections and (connections >= threshold and (joined == 0 or lengths <= 6) or 2 * connections >= threshold and refusals >= 5 * threshold and refusals >= 10 * connections and lengths <= 6)"
  cooldown = "10m"

  notify {
    to      = ["ops"]
    message = "${ip.dst} opened ${connections} SSH connections to ${ip.src} in 10 min and did not get in"
  }
}
