# Sample settings of ruleids for Windows: C:\ProgramData\ruleids\ruleids.hcl. docs/operations.md has every setting; check
# changes with
#   ruleids config check --config C:\ProgramData\ruleids\ruleids.hcl

capture {
  interfaces          = ["Ethernet"] # change this: Get-NetAdapter lists what there is
  wait_for_interfaces = true
}

rules {
  paths = ["C:/ProgramData/ruleids/rules"] # your own rules; the shipped ones are always loaded
}

output "eve" "main" {
  path = "C:/ProgramData/ruleids/eve.json"
}

# monitor only records what would be blocked. docs/responses.md describes how to go to enforce.
response {
  mode = "monitor"
}
