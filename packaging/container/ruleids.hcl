# Settings of the container image. Interfaces come from the environment: RULEIDS_CAPTURE_INTERFACES=eth0. Alerts go to
# standard output, where the container's log takes them.

capture {
  wait_for_interfaces = true
}

rules {
  paths = ["/etc/ruleids/rules"]
}

# The image has no iptables; the kernel is spoken to without it. Nothing is blocked before the mode is enforce.
response {
  mode    = "monitor"
  backend = "nftables"
}

metrics {
  listen = "127.0.0.1:9477"
}
