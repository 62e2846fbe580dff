# Eleven mistakes of eleven kinds.
variable "forgotten" {
  description = "A number that nothing uses."
  default     = 3
}

list "web_ports" {
  description = "Ports of web servers."
  type        = "port"
  values      = [80, 443, "http"]
}

rule "no_words" {
  severity = "high"
  where    = "tcp.dport in list.web_ports"
}

rule "wrong_kinds" {
  description = "The mistakes stand inside a heredoc, behind characters of several bytes: é, 日本."
  severity    = "severe"
  where       = <<-EOT
    payload contains 'é日本' and tcp.dstport == '22'
      or ip.src in ['10.0.0.0/8', '10.0.0.256']
  EOT
}

rule "out_of_reach" {
  description = "The threshold, the span and the block are not what they seem."
  severity    = "high"
  where       = "tcp.flags.syn"
  by          = ["ip.src"]
  window "1000h" {
    flags = "distinct(tcp.flags.ack)"
  }
  threshold = 3
  when      = "flags >= threshold"
  block {
    target = "ip.src"
    for    = "1h"
  }
}

override "out_of_reech" {
  enabled = false
}
