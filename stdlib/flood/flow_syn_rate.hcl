rule "flow_syn_rate" {
  description = "One flow carries SYN packets at a high rate."
  severity    = "low"
  category    = "flood"
  attack      = ["T1499.001"]
  references  = ["https://attack.mitre.org/techniques/T1499/001/"]

  # Noisy, see the page of this rule: for hunting in a capture, not for a pager.
  enabled = false

  # `== 2` leaves out the SYN of a host that negotiates ECN; new_connection would hold it too.
  where     = "tcp.flags == 2"
  by        = ["ip.src", "ip.dst"]
  threshold = var.flow_syn_rate_packets
  when      = "flow.packet_rate > threshold"
}
