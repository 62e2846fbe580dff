rule "host_sweep" {
  description = "One source tries the same TCP port on many hosts."
  severity    = "high"
  category    = "recon"
  attack      = ["T1018", "T1046", "T1595.001"]
  references = [
    "https://attack.mitre.org/techniques/T1018/",
    "https://attack.mitre.org/techniques/T1595/001/",
    "https://www.icir.org/vern/papers/portscan-oak04.pdf",
  ]

  # Whoever asks the hosts for something is no sweep, but a browser, a monitor or a collector of metrics: requests of HTTP without TLS and ClientHellos, by their first bytes.
  where = "new_connection or web_asked"
  by    = ["ip.src", "tcp.dstport"]
  window "60s" {
    hosts = "distinct(ip.dst, new_connection)"
    asked = "distinct(ip.dst, not new_connection)"
  }
  # A page with parts on many hosts outside makes a browser connect to all of them at once, before it asks the first.
  window "1s" {
    burst = "distinct(ip.dst, new_connection and tcp.dstport in [80, 443] and to_outside)"
  }
  threshold = var.host_sweep_hosts
  when      = "new_connection and hosts >= threshold and 2 * asked < hosts and (hosts > burst or hosts >= 4 * threshold)"
  cooldown  = "5m"

  # eDonkey, Gnutella, BitTorrent, Ethereum: their programs try many peers that are gone, and nobody sweeps for these ports.
  except "peers" { where = "tcp.dstport in [4662, 6346, 6347, 30303, 51413] or tcp.dstport in 6881..6889" }

  # What looks after all other hosts does what a sweep does.
  except "monitors" { where = "ip.src in list.monitors" }

  escalate "virustotal" { indicator = "ip.src" }

  # No quarantine: the source of a SYN may be forged, and 25 of them would keep out whomever a forger likes.
  notify {
    to      = ["ops"]
    message = "${ip.src} tried TCP port ${tcp.dstport} on ${hosts} hosts in 60 s, the last one ${ip.dst}"
  }
}
