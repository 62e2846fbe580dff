# Sample settings of ruleids, for /etc/ruleids/ruleids.hcl. docs/operations.md has every setting; check changes with
#   ruleids config check --config /etc/ruleids/ruleids.hcl

# Names this sensor in alerts.
# agent = "sensor-1"

capture {
  interfaces = ["eth0"] # change this: ip -br link lists what there is
  wait_for_interfaces = true    # one that appears after the start is watched from then on; without this its absence is an error
  # ring   = "128MiB"         # more for traffic that comes in bursts
  # ignore = ["10.20.0.0/16"] # traffic that no rule has to see, such as backups
}

rules {
  paths = ["/etc/ruleids/rules"] # your own rules; the shipped ones are always loaded
}

# Values for variables of rules; docs/rules lists them. Public addresses of yours belong in home_nets.
vars {
  # port_scan_ports = 30
  # home_nets       = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "198.51.100.0/24"]
}

output "eve" "main" {
  path = "/var/log/ruleids/eve.json"
}

# monitor only records what would be blocked. docs/responses.md describes how to go to enforce.
response {
  mode = "monitor"
  # never_block = ["192.0.2.0/24"]
}

# notifier "webhook" "ops" {
#   url_file = "/etc/ruleids/webhook-url"
# }

metrics {
  listen = "127.0.0.1:9477"
}
