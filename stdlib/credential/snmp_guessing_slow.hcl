rule "snmp_guessing_slow" {
  description = "One source asks one host with several SNMP communities, for minutes."
  severity    = "medium"
  category    = "credential"
  attack      = ["T1110.001", "T1602.001"]
  references = [
    "https://attack.mitre.org/techniques/T1110/001/",
    "https://attack.mitre.org/techniques/T1602/001/",
    "https://www.rfc-editor.org/rfc/rfc1901#section-3",
    "https://github.com/vanhauser-thc/thc-hydra",
  ]

  # As in snmp_guessing, which has one key for all hosts and counts in 60 s: a manager has a community or two for each host, and dozens for all.
  # A message below 128 bytes of version 1 or 2c: SEQUENCE, length, INTEGER of one byte, OCTET STRING. The length and the first seven bytes of the
  # community are compared. Of shorter ones the bytes behind are the question, of which a manager has a few forms.
  where = "udp.dstport == 161 and payload[0] == 0x30 and payload[2] == 2 and payload[3] == 1 and payload[4] < 2 and payload[5] == 4 and payload[6] > 0"
  by    = ["ip.src", "ip.dst"]
  window "10m" {
    communities = "distinct([payload[6], payload[7], payload[6] > 1 ? payload[8] : 0, payload[6] > 2 ? payload[9] : 0, payload[6] > 3 ? payload[10] : 0, payload[6] > 4 ? payload[11] : 0, payload[6] > 5 ? payload[12] : 0, payload[6] > 6 ? payload[13] : 0])"
    since       = "min(frame.time_epoch)"
  }
  threshold = var.snmp_guessing_slow_communities
  when      = "communities >= threshold and frame.time_epoch - since >= 60" # faster is snmp_guessing
  cooldown  = "15m"

  notify {
    to      = ["ops"]
    message = "${ip.src} asked ${ip.dst} with ${communities} SNMP communities in 10 min"
  }
}
