rule "passwords_tried" {
  description = "One client tries different passwords for few accounts at a server of files or mail."
  severity    = "medium"
  category    = "credential"
  attack      = ["T1110.001"]
  references = [
    "https://attack.mitre.org/techniques/T1110/001/",
    "https://www.rfc-editor.org/rfc/rfc959#section-4.1.1",
    "https://www.rfc-editor.org/rfc/rfc1939#section-7",
  ]

  # FTP and POP3 say passwords in the clear. A program with an old password says the same one again and again, and who fetches mail for many says one for each account.
  where = "tcp.dstport in [21, 110] and (payload[0:5] == b'PASS ' or payload[0:5] == b'pass ' or payload[0:5] == b'USER ' or payload[0:5] == b'user ')"
  by    = ["ip.src", "ip.dst", "tcp.dstport"]
  window "5m" {
    passwords = "distinct(payload[5:37], payload[2] == 83 or payload[2] == 115)"
    accounts  = "distinct(payload[5:37], payload[2] == 69 or payload[2] == 101)"
    max_keys  = 8192
  }
  threshold = var.passwords_tried_passwords
  when      = "passwords >= threshold and passwords >= 3 * accounts"
  cooldown  = "10m"

  notify {
    to      = ["ops"]
    message = "${ip.src} said ${passwords} different passwords for ${accounts} accounts to ${ip.dst} port ${tcp.dstport} in 5 min"
  }
}
