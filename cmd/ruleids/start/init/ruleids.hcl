# Settings of the daemon: "ruleids config show" lists all of them with their values, "ruleids config check" checks them.
# Other commands read the block vars.

capture {
  interfaces = ["eth0"] # change this: ip -br link lists what there is
}

rules {
  paths = ["rules"]
}

vars {
  # port_scan_ports = 30  # "ruleids variables" lists what there is
}

output "eve" "main" {
  path = "eve.json"
}
