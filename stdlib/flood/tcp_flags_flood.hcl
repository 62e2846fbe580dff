rule "tcp_flags_flood" {
  description = "One host gets TCP packets with flags that no TCP sends, again and again on one port."
  severity    = "high"
  category    = "flood"
  attack      = ["T1498.001"]
  references = [
    "https://attack.mitre.org/techniques/T1498/001/",
    "https://www.rfc-editor.org/rfc/rfc9293#section-3.10.7",
    "https://www.kali.org/tools/hping3/",
  ]

  # Without SYN and RST each packet has ACK (RFC 9293): FIN, PSH and URG alone or together are a tool's. A scan sends one or two to each port; hping3 -F, -P and -U send them to one.
  where = "tcp.flags in [0, 1, 8, 9, 32, 33, 40, 41]"
  by    = ["ip.dst", "tcp.dstport"]
  window "5s" {
    packets  = "count()"
    max_keys = 8192
  }
  threshold = var.tcp_flags_flood_packets
  when      = "packets >= threshold"
  cooldown  = "1m"

  notify {
    to      = ["ops"]
    message = "${ip.dst} port ${tcp.dstport} got ${packets} TCP packets in 5 s with flags that no TCP sends, the last one from ${ip.src}"
  }
}
