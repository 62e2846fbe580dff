rule "empire_pages" {
  description = "A host asks for the pages that agents of Empire ask their server for."
  severity    = "high"
  category    = "c2"
  attack      = ["T1071.001", "T1059.001"]
  references = [
    "https://attack.mitre.org/techniques/T1071/001/",
    "https://attack.mitre.org/techniques/T1059/001/",
    "https://attack.mitre.org/software/S0363/",
    "https://github.com/BC-SECURITY/Empire",
  ]

  # The three pages of the default profile, one of which is drawn for each call; all of them, of one server.
  where = "tcp.flags == 24 and payload[0] == 71 and payload[1] == 69 and payload[3] == 32 and payload[4] == 47 and (payload[5:10] == b'news.' or payload[5:15] == b'admin/get.' or payload[5:19] == b'login/process.')"
  by    = ["ip.src", "ip.dst", "tcp.dstport"]
  window "10m" {
    calls    = "count()"
    pages    = "distinct(payload[5:9])"
    max_keys = 4096
  }
  threshold = var.empire_pages_calls
  when      = "calls >= threshold and pages >= 3"
  cooldown  = "1h"

  notify {
    to      = ["ops"]
    message = "${ip.src} asked ${ip.dst} port ${tcp.dstport} ${calls} times in 10 min for the pages of Empire"
  }
}
