# Settings of ruleids as a service of Windows. docs/operations.md has every setting; check changes with
#   ruleids config check --config C:\ProgramData\ruleids\ruleids.hcl
# Paths have slashes, or two backslashes.

# Names this sensor in alerts.
# agent = "pc-17"

capture {
  interfaces          = ["Ethernet"] # change this: Get-NetAdapter lists what there is
  wait_for_interfaces = true         # one that appears after the start is watched from then on
}

# On this pipe everybody who has logged on here may ask how the service is, and nothing else: ruleids tray shows it as an icon.
control {
  summary = "\\\\.\\pipe\\ruleids-summary"
}

rules {
  # paths = ["C:/ProgramData/ruleids/rules"]   # your own rules; the shipped ones are always loaded
}

output "eve" "main" {
  path = "C:/ProgramData/ruleids/log/eve.json"
}

# Critical alerts as errors and high ones as warnings in the event log "Application".
output "eventlog" "windows" {
  min_severity = "high"
}

# monitor only records what would be blocked. docs/responses.md describes how to go to enforce.
response {
  mode = "monitor"
  # never_block = ["192.0.2.0/24"]
}
