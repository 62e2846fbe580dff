rule "snmp_guessing" {
  description = "One source asks with many SNMP communities."
  severity    = "high"
  category    = "credential"
  attack      = ["T1110.001", "T1602.001"]
  references = [
    "https://attack.mitre.org/techniques/T1110/001/",
    "https://attack.mitre.org/techniques/T1602/001/",
    "https://www.rfc-editor.org/rfc/rfc1901#section-3",
    "https://github.com/trailofbits/onesixtyone",
  ]

  # A message below 128 bytes of version 1 or 2c: SEQUENCE, length, INTEGER of one byte, OCTET STRING. The length and the first seven bytes of the
  # community are compared. Of shorter ones the bytes behind are the question, of which a manager has a few forms.
  where = "udp.dstport == 161 and payload[0] == 0x30 and payload[2] == 2 and payload[3] == 1 and payload[4] < 2 and payload[5] == 4 and payload[6] > 0"
  by    = ["ip.src"]
  window "60s" {
    communities = "distinct([payload[6], payload[7], payload[6] > 1 ? payload[8] : 0, payload[6] > 2 ? payload[9] : 0, payload[6] > 3 ? payload[10] : 0, payload[6] > 4 ? payload[11] : 0, payload[6] > 5 ? payload[12] : 0, payload[6] > 6 ? payload[13] : 0])"
  }
  threshold = var.snmp_guessing_communities
  when      = "communities >= threshold"
  cooldown  = "5m"

  notify {
    to      = ["ops"]
    message = "${ip.src} asked with ${communities} SNMP communities in 60 s, the last time ${ip.dst}"
  }
}
