rule "udp_spray" {
  description = "One client sends UDP to the same port of very many hosts."
  severity    = "high"
  category    = "recon"
  attack      = ["T1046", "T1018", "T1095"]
  references = [
    "https://attack.mitre.org/techniques/T1046/",
    "https://attack.mitre.org/techniques/T1095/",
    "https://www.usenix.org/conference/usenixsecurity13/technical-sessions/paper/durumeric",
    "https://www.rfc-editor.org/rfc/rfc6056",
  ]

  # From a client's port (RFC 6056: systems take 32768 and more) to one that no client has: servers, whose answers go to many, speak from lower ports.
  # Services that one client asks of many hosts, and peers, who find each other by the hundred: trackers, BitTorrent, eDonkey, Gnutella, Ethereum.
  where = <<-EOT
    udp.srcport >= 32768 and udp.dstport >= 1024 and udp.dstport < 32768
    and not (udp.dstport in list.udp_service_ports or udp.dstport in list.sweep_udp_ports or udp.dstport in [1337, 2710, 4665, 4672, 6346, 6347, 6969, 30303] or udp.dstport in 6881..6889 or ip.dst in list.group_nets)
  EOT
  by    = ["ip.src", "udp.dstport"]
  window "60s" {
    hosts = "distinct(ip.dst)"
  }
  threshold = var.udp_spray_hosts
  when      = "hosts >= threshold"
  cooldown  = "5m"

  # What looks after all other hosts does what a sweep does.
  except "monitors" { where = "ip.src in list.monitors" }

  notify {
    to      = ["ops"]
    message = "${ip.src} sent UDP to port ${udp.dstport} of ${hosts} hosts in 60 s, the last one ${ip.dst}"
  }
}
