rule "cleartext_on_443" {
  description = "A host of ours sends plain text to the port of HTTPS of a host outside."
  severity    = "medium"
  category    = "c2"
  enabled     = false # it follows conversations, which costs more than most networks have of it
  attack      = ["T1571", "T1095"]
  references = [
    "https://attack.mitre.org/techniques/T1571/",
    "https://attack.mitre.org/techniques/T1095/",
    "https://www.rfc-editor.org/rfc/rfc8446#section-5.1",
  ]

  # A record of TLS begins with byte 22. HTTP by mistake, SSH and the PROXY protocol are left to others; eight printable bytes in a row are no accident of something encrypted.
  where    = "tcp.dstport == 443 and payload[0] >= 32 and payload[0] < 127 and flow.packets >= 2 and flow.packets <= 3 and to_outside and payload matches '^[\\t\\r\\n -~]{8}' and not (payload matches '^(?:GET|HEAD|POST|PUT|OPTIONS|CONNECT|PRI|SSH-|PROXY )')"
  by       = ["ip.src", "ip.dst"]
  cooldown = "1h"

  notify {
    to      = ["ops"]
    message = "${ip.src} sends plain text to ${ip.dst} port 443"
  }
}
