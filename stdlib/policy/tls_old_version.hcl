rule "tls_old_version" {
  description = "A server agrees to a version of TLS that is no longer safe."
  severity    = "low"
  category    = "policy"
  attack      = ["T1040"]
  references = [
    "https://attack.mitre.org/techniques/T1040/",
    "https://www.rfc-editor.org/rfc/rfc8996",
  ]

  # Off, since it is a matter of policy, and hellos of TLS are put together for it.
  enabled = false

  # 0x0303 is TLS 1.2, and what TLS 1.3 names here.
  where    = "tls.handshake.type == 2 and tls.handshake.version < 0x0303"
  by       = ["ip.src", "src.port"]
  cooldown = "24h"

  notify {
    to      = ["ops"]
    message = "${ip.src} port ${src.port} agreed to TLS below 1.2 with ${ip.dst}"
  }
}
