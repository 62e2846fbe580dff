rule "flow_small_packets" {
  description = "One flow carries small packets at a high rate."
  severity    = "low"
  category    = "flood"
  attack      = ["T1498.001"]
  references  = ["https://attack.mitre.org/techniques/T1498/001/"]

  # Noisy, see the page of this rule: for hunting in a capture, not for a pager.
  enabled = false

  where     = "frame.len < var.flow_small_packets_bytes"
  by        = ["ip.src", "ip.dst"]
  threshold = var.flow_small_packets_rate
  when      = "flow.packet_rate > threshold"
}
