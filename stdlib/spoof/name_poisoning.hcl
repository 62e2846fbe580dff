rule "name_poisoning" {
  description = "One host says by LLMNR to have several names."
  severity    = "high"
  category    = "spoof"
  attack      = ["T1557.001"]
  references = [
    "https://attack.mitre.org/techniques/T1557/001/",
    "https://github.com/lgandx/Responder",
    "https://www.rfc-editor.org/rfc/rfc4795#section-2.1",
  ]

  # An answer with a record: bit 7 of the third byte, and a count in the eighth. The name begins with its length, in byte 12, which is
  # compared, and its first ten letters: what is behind the name differs between questions for IPv4 and IPv6.
  where = "udp.srcport == 5355 and payload[2] >= 128 and payload[7] > 0"
  by    = ["ip.src"]
  window "10m" {
    names = "distinct([payload[12], payload[13], payload[12] > 1 ? payload[14] : 0, payload[12] > 2 ? payload[15] : 0, payload[12] > 3 ? payload[16] : 0, payload[12] > 4 ? payload[17] : 0, payload[12] > 5 ? payload[18] : 0, payload[12] > 6 ? payload[19] : 0, payload[12] > 7 ? payload[20] : 0, payload[12] > 8 ? payload[21] : 0, payload[12] > 9 ? payload[22] : 0])"
  }
  threshold = var.name_poisoning_names
  when      = "names >= threshold"
  cooldown  = "10m"

  notify {
    to      = ["ops"]
    message = "${ip.src} said to have ${names} names in 10 min, the last time to ${ip.dst}"
  }
}
