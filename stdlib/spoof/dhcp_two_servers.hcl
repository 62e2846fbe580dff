rule "dhcp_two_servers" {
  description = "Two DHCP servers make offers to one client."
  severity    = "high"
  category    = "spoof"
  attack      = ["T1557.003"]
  references = [
    "https://attack.mitre.org/techniques/T1557/003/",
    "https://www.rfc-editor.org/rfc/rfc2131",
  ]

  # To clients, not to relays: these keep the address of the server. By client, so that sensors which see several links compare answers of one.
  # An acknowledgment without an address answers DHCPINFORM, which each server that hears it does (RFC 2131, section 3.4).
  where = "dhcp.type in ['offer', 'ack'] and udp.dstport == 68 and not (dhcp.type == 'ack' and payload[16:20] == b'\\x00\\x00\\x00\\x00')"
  by    = ["dhcp.hw.mac_addr"]
  window "60s" {
    servers = "distinct(ip.src)"
    named   = "distinct([payload[245], payload[246], payload[247], payload[248]], payload[243] == 54)"
    unnamed = "count(payload[243] != 54)"
  }
  threshold = var.dhcp_two_servers_servers
  # An offer comes from the relay, which the client renews its lease without: both name the server behind it, by option 54 (RFC 2132, section 9.7), which nearly all servers write second. Where one does not, addresses decide.
  when     = "servers >= threshold and (named >= threshold or unnamed > 0)"
  cooldown = "1h"

  notify {
    to      = ["ops"]
    message = "${servers} servers offered a lease to ${dhcp.hw.mac_addr} in 60 s, the last one ${ip.src}"
  }
}
