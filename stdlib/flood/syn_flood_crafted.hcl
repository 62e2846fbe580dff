rule "syn_flood_crafted" {
  description = "One host gets SYN of a tool from many sources or ports."
  severity    = "high"
  category    = "flood"
  attack      = ["T1499.001", "T1498.001"]
  references = [
    "https://attack.mitre.org/techniques/T1499/001/",
    "https://attack.mitre.org/techniques/T1498/001/",
    "https://www.rfc-editor.org/rfc/rfc4987",
    "https://www.kali.org/tools/hping3/",
  ]

  # SYN without any option, which may be cut on their way, from tools that make floods: every system gives at least its MSS (RFC 9293, section 3.7.1). So a fraction of
  # syn_flood's number is enough, whatever the sources.
  where = "new_connection and ip.len == tcp.len + 40 and not ip.flags.df and ip.id != 0"
  by    = ["ip.dst"]
  window "10s" {
    flows    = "distinct([ip.src, tcp.srcport])"
    max_keys = 8192
  }
  threshold = var.syn_flood_crafted_flows
  when      = "flows >= threshold"
  cooldown  = "1m"

  notify {
    to      = ["ops"]
    message = "${ip.dst} got SYN without options from ${flows} pairs of source and port in 10 s, the last one from ${ip.src} to port ${tcp.dstport}"
  }
}
