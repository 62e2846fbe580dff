# TLS.

list "dyndns_sni" {
  description = "Names of dynamic DNS."
  type        = "domain"
  values      = ["duckdns.example", "no-ip.example"]
}

list "bad_ja3" {
  description = "JA3 of malware. The first is that of the clients that tests make."
  type        = "string"
  values      = ["6e07e55b59c0ae6b387cdb574793f9b2", "e7d705a3286e19ea42f587b344ee6865"]
}

rule "dyndns_over_tls" {
  description = "ET INFO 2025108 and 1,700 more: a ClientHello names a host of dynamic DNS."
  severity    = "low"
  where       = "tls.handshake.extensions_server_name in list.dyndns_sni"
  by          = ["ip.src", "tls.handshake.extensions_server_name"]
  cooldown    = "1h"
}

rule "known_ja3" {
  description = "ET JA3: a TLS client with the fingerprint of malware."
  severity    = "medium"
  where       = "tls.handshake.ja3 in list.bad_ja3"
  by          = ["ip.src"]
}

rule "heartbleed" {
  description = "Zeek ssl/heartbleed: a heartbeat that asks for more bytes than its record has (CVE-2014-0160)."
  severity    = "critical"
  where       = "payload[0] == 24 and payload[1] == 3 and payload[5] == 1 and payload[6] * 256 + payload[7] > payload[3] * 256 + payload[4]"
  by          = ["ip.src", "ip.dst"]
}

rule "weak_tls" {
  description = "Elastic weak TLS: a server takes a version below TLS 1.2, of a client, a server and a port for the first time in a week."
  severity    = "low"
  where       = "tls.handshake.type == 2 and tls.handshake.version < 0x0303"
  by          = ["ip.src", "ip.dst", "src.port"]
  memory "7d" {
    triple = "first([ip.src, ip.dst, src.port])"
    learn  = "24h"
  }
  when = "triple"
}
