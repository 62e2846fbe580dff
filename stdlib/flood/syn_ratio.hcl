rule "syn_ratio" {
  description = "One source opens far more TCP connections than it ends."
  severity    = "high"
  category    = "flood"
  attack      = ["T1499.001", "T1046"]
  references = [
    "https://attack.mitre.org/techniques/T1499/001/",
    "https://doi.org/10.1109/INFCOM.2002.1019404",
    "https://www.rfc-editor.org/rfc/rfc4987",
  ]

  # A browser keeps 50 connections open and ends none for minutes: but six to a host at most, each of which it has asked.
  where = "connection_signs"
  by    = ["ip.src"]
  window "30s" {
    syns   = "count(new_connection)"
    closes = "count(tcp.flags.fin or tcp.flags.reset)"
    tries  = "distinct([tcp.srcport, tcp.seq], new_connection)"
    used   = "distinct([ip.dst, tcp.dstport, tcp.srcport], web_used)"
    asked  = "distinct([ip.dst, tcp.dstport], web_asked)"
  }
  threshold = var.syn_ratio_syns
  # Whoever has asked five web servers and uses half of its connections is a browser, and those that were used count for nothing, however many it has to each. A client sends a SYN that nobody answers again, from the same port and
  # with the same number, five times at most in 30 s: that is one try. Where each was sent three times and more, a server is down. Whoever repeats a few SYN more often than that is no client.
  # Browsers and systems of ours try web servers outside again and again where there is no way to them, and use few of their connections: 7 a second are no flood there.
  when     = "new_connection and syns >= threshold and syns > closes * var.syn_ratio_factor and syns > asked * 6 and (asked < 5 or 2 * used < syns or syns - used >= threshold) and (4 * tries >= (tcp.dstport in [80, 443] ? 3 : 2) * threshold or 6 * tries < threshold or syns >= 5 * threshold) and (syns >= 4 * threshold or 2 * used >= syns or not (tcp.dstport in [80, 443] and to_outside))"
  cooldown = "5m"

  # Peers of a peer-to-peer program of ours, most of which are gone. What is more than some tries of each is a syn_flood, many ports of a host are a port_scan.
  except "peers" { where = "new_connection and tcp.dstport >= 1024 and to_outside" }

  escalate "virustotal" { indicator = "ip.src" }

  # No block: the source may be forged, and one scan with decoys (nmap -D) fires this rule for addresses that sent nothing.
  notify {
    to      = ["ops"]
    message = "${ip.src} opened ${syns} TCP connections in 30 s and ended ${closes}"
  }
}
