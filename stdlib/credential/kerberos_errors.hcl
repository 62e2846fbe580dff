rule "kerberos_errors" {
  description = "A domain controller refuses the names or passwords of one client again and again."
  severity    = "high"
  category    = "credential"
  attack      = ["T1110.003", "T1087.002"]
  references = [
    "https://attack.mitre.org/techniques/T1110/003/",
    "https://attack.mitre.org/techniques/T1087/002/",
    "https://www.rfc-editor.org/rfc/rfc4120#section-5.9.1",
  ]

  # KRB-ERROR is tag 30 of class APPLICATION, 126; over TCP its length is before it. error-code (context tag 6, an INTEGER of one byte): 6 unknown principal, 18 account revoked or locked, 24 wrong password. 25 asks for
  # pre-authentication, which each login begins with, and is left out.
  where = "((udp.srcport == 88 and payload[0] == 126) or (tcp.srcport == 88 and payload[4] == 126)) and payload matches '[\\xa6]\\x03\\x02\\x01[\\x06\\x12\\x18]'"
  by    = ["ip.dst", "ip.src"]
  window "60s" {
    errors = "count()"
  }
  threshold = var.kerberos_errors_errors
  when      = "errors >= threshold"
  cooldown  = "5m"

  notify {
    to      = ["ops"]
    message = "${ip.src} refused ${errors} Kerberos logins of ${ip.dst} in 60 s"
  }
}
