rule "arp_spoof" {
  description = "Another hardware address speaks for an IPv4 address."
  severity    = "critical"
  category    = "spoof"
  attack      = ["T1557.002"]
  references = [
    "https://attack.mitre.org/techniques/T1557/002/",
    "https://www.rfc-editor.org/rfc/rfc826",
    "https://www.rfc-editor.org/rfc/rfc5227",
  ]

  # A virtual machine that is bridged over Wi-Fi speaks with the hardware address of the card, which takes one station alone: who listens on that host sees
  # each of its packets twice, within some microseconds, and the second one, the copy, is not compared. Somebody else needs longer to answer.
  # A virtual router of GLBP answers with the address of one forwarder after the other, all of which begin with 00:07:b4: then the card that says so is compared.
  # Requests as well as replies: hosts learn from both. A probe (RFC 5227, section 2.1.1) has 0.0.0.0 and claims no address yet.
  where = "arp and arp.src.proto_ipv4 != '0.0.0.0'"
  by    = ["arp.src.proto_ipv4"]
  window "24h" {
    mac_changes = "changes((eth.type == 0x8100 ? frame.bytes[26:29] : frame.bytes[22:25]) == b'\\x00\\x07\\xb4' ? eth.src : arp.src.hw_mac, not (gap() < 0.0001))"
  }
  threshold = var.arp_spoof_changes
  when      = "mac_changes >= threshold"

  # Virtual machines that are bridged over Wi-Fi speak with the hardware address of the card, which takes one station alone: the host
  # sees each of their packets twice, with two addresses.
  except "own" {
    where = "arp.src.hw_mac in list.own_macs"
  }

  # The same, where nobody has said which addresses are the host's: a frame from a card to itself is not on any wire, and no switch would pass it on.
  except "bridge" { where = "eth.src == eth.dst and eth.src != arp.src.hw_mac" }

  # A host does not send to an address outside over its link, whatever hardware address it was told: it has a gateway for these.
  except "outside" { where = "not (arp.src.proto_ipv4 in list.home_nets) and arp.dst.proto_ipv4 in list.home_nets" }

  # Virtual routers and clusters pass their address from one host to another.
  except "shared" { where = "arp.src.proto_ipv4 in list.shared_addresses" }

  # A change stays in the window for a day, and each packet for the address would fire. Hourly is a reminder, not a siren.
  cooldown = "1h"

  # No escalation: both ends are on this link, and no reputation service knows them.
  notify {
    to      = ["ops"]
    message = "${arp.src.proto_ipv4} is now at ${arp.src.hw_mac}, changes in 24 h: ${mac_changes}"
  }
}
