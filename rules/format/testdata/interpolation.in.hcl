rule "x" {
  title    = "T"
  message = <<-EOT
    hello ${max(
      ip.ttl,
      3
    )} and
      more ${ip.src}
    end
  EOT
  to = "x"
  b     = "y ${max(
  1,
    2)} z"
}
