rule "sip_guessing" {
  description = "A SIP server refuses one client again and again: extensions or passwords are guessed."
  severity    = "high"
  category    = "credential"
  attack      = ["T1110.001", "T1087"]
  references = [
    "https://attack.mitre.org/techniques/T1110/001/",
    "https://attack.mitre.org/techniques/T1087/",
    "https://www.rfc-editor.org/rfc/rfc3261#section-21.4",
    "https://github.com/EnableSecurity/sipvicious",
  ]

  # 401 and 407 ask for a password, which begins each login of a phone as well; but a phone goes on to 200. svwar gets 404 for an extension that
  # is not there and 401 for one that is, svcrack 401 or 403 for a wrong password.
  # S I P, a slash, a space before the status, and its digits: 200 or 40x.
  where = "src.port == 5060 and payload[0] == 83 and payload[1] == 73 and payload[3] == 47 and payload[7] == 32 and payload[9] == 48 and (payload[8] == 52 or payload[8] == 50)"
  by    = ["ip.dst", "ip.src"]
  window "60s" {
    refused = "count(payload[8] != 50)"
    done    = "count(payload[8] == 50)" # '2'
  }
  threshold = var.sip_guessing_refusals
  when      = "refused >= threshold and refused > 4 * done"
  cooldown  = "5m"

  notify {
    to      = ["ops"]
    message = "the SIP server ${ip.src} refused ${ip.dst} ${refused} times in 60 s"
  }
}
