rule "arp_unsolicited" {
  description = "Somebody keeps answering ARP requests that nobody sends."
  severity    = "high"
  category    = "spoof"
  attack      = ["T1557.002"]
  references = [
    "https://attack.mitre.org/techniques/T1557/002/",
    "https://www.rfc-editor.org/rfc/rfc826",
    "https://www.rfc-editor.org/rfc/rfc5227",
  ]

  # One key for a question and its answers: the address that is asked about. Tools repeat the forged answer every second or two
  # (arpspoof, bettercap) or ten (ettercap); a failover sends a handful at most.
  where = "arp.opcode in [1, 2]"
  by    = ["arp.opcode == 2 ? arp.src.proto_ipv4 : arp.dst.proto_ipv4"]
  window "60s" {
    answers   = "count(arp.opcode == 2)"
    questions = "count(arp.opcode == 1)"
  }
  threshold = var.arp_unsolicited_answers
  when      = "answers >= threshold and answers > 3 * questions"
  cooldown  = "10m"

  # See arp_spoof.
  except "own" {
    where = "arp.src.hw_mac in list.own_macs"
  }

  # Virtual routers (VRRP, RFC 9568; HSRP; CARP) and clusters tell all hosts of their own address again and again. Who speaks for
  # another in that form is arp_spoof's, for there the hardware address changes.
  except "announcements" { where = "arp.src.proto_ipv4 == arp.dst.proto_ipv4" }

  notify {
    to      = ["ops"]
    message = "${arp.src.hw_mac} answered ${answers} times for ${arp.src.proto_ipv4} in 60 s, and was asked ${questions} times"
  }
}
