rule "suspicious_port" {
  description = "A host talks to a port that backdoors listen on."
  severity    = "medium"
  category    = "c2"
  attack      = ["T1571", "T1095"]
  references = [
    "https://attack.mitre.org/techniques/T1571/",
    "https://attack.mitre.org/techniques/T1095/",
    "https://www.iana.org/assignments/service-names-port-numbers/",
  ]

  # For TCP the SYN tells who is the client, so a client's own port does not count. UDP has no such sign.
  where    = "(new_connection or udp) and dst.port in list.c2_ports"
  by       = ["ip.src", "ip.dst"]
  cooldown = "5m" # a beacon comes back every few seconds for days

  # A UDP answer to a client whose own port happens to be on the list.
  except "answers" { where = "udp and (udp.srcport < 1024 or udp.srcport in list.udp_service_ports)" }

  # A call to all hosts of the link is how devices make themselves known (smart plugs on 6667): a backdoor is at one host, and its SYN or datagram goes there.
  except "broadcasts" { where = "udp and ip.dst == '255.255.255.255'" }

  # A tracker of BitTorrent, many of which are on 1337, is asked for a connection by 16 bytes that begin with a number of the protocol (BEP 15).
  except "trackers" { where = "udp and udp.length == 24 and payload startsWith b'\\x00\\x00\\x04\\x17\\x27\\x10\\x19\\x80\\x00\\x00\\x00\\x00'" }

  # What a host says to itself calls nobody.
  except "loopback" { where = "ip.src in list.loopback_nets and ip.dst in list.loopback_nets" }

  # Whichever end is not ours: the server when a host of ours calls out, the caller when it is called.
  escalate "virustotal" { indicator = "ip.src in list.home_nets ? ip.dst : ip.src" }
  notify {
    to      = ["ops"]
    message = "${ip.src} talks to ${ip.dst} port ${dst.port}"
  }
}
