rule "rst_injection" {
  description = "Somebody tries to end a TCP connection with RST of many sequence numbers."
  severity    = "high"
  category    = "spoof"
  attack      = ["T1565.002", "T1499"]
  references = [
    "https://attack.mitre.org/techniques/T1565/002/",
    "https://attack.mitre.org/techniques/T1499/",
    "https://www.rfc-editor.org/rfc/rfc5961",
    "https://www.rfc-editor.org/rfc/rfc4953",
  ]

  # What answers to segments of a connection that is gone has one number: that which the segments acknowledge.
  where = "tcp.flags.reset and not tcp.flags.ack"
  by    = ["ip.src", "ip.dst", "tcp.srcport", "tcp.dstport"]
  window "5s" {
    numbers = "distinct(tcp.seq)"
  }
  threshold = var.rst_injection_numbers
  when      = "numbers >= threshold"
  cooldown  = "1m"

  notify {
    to      = ["ops"]
    message = "${numbers} RST with other sequence numbers in 5 s for the connection of ${ip.src} port ${tcp.srcport} with ${ip.dst} port ${tcp.dstport}"
  }
}
