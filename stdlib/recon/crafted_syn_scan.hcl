rule "crafted_syn_scan" {
  description = "One source tries several ports or hosts with SYN of a tool."
  severity    = "high"
  category    = "recon"
  attack      = ["T1046", "T1595.001"]
  references = [
    "https://attack.mitre.org/techniques/T1046/",
    "https://attack.mitre.org/techniques/T1595/001/",
    "https://nmap.org/book/synscan.html",
    "https://www.rfc-editor.org/rfc/rfc9293#section-3.7.1",
  ]

  # Systems have asked for selective acknowledgments and larger windows for twenty years, and say that their packets must not be cut; tools that write their own SYN allow
  # that, draw a number for each packet, and give no option (scapy, hping3, masscan), or the MSS alone with a window of their own: nmap 1024 to 4096, unicornscan 4096, zmap 65535.
  # Small devices leave the options out as well, and connect to one or two services.
  where = <<-EOT
    new_connection and ip.len <= 64 and (ip.len <= 44 and not ip.flags.df and ip.id != 0 and (ip.len == 40 or tcp.window_size_value in [1024, 2048, 3072, 4096, 65535])
      or ip.version == 6 and tcp.window_size_value in [1024, 2048, 3072, 4096, 65535])
  EOT
  by    = ["ip.src"]
  window "60s" {
    doors    = "distinct([ip.dst, tcp.dstport])"
    max_keys = 8192
  }
  threshold = var.crafted_syn_scan_doors
  when      = "doors >= threshold"
  cooldown  = "5m"

  notify {
    to      = ["ops"]
    message = "${ip.src} tried ${doors} pairs of host and port in 60 s with SYN of a tool, the last one ${ip.dst} port ${tcp.dstport}"
  }
}
