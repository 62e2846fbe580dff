rule "NAME" {
  description = "Say in one sentence what happens when this fires."
  severity    = "medium" # low, medium, high or critical
  category    = "policy"

  # Which packets: "ruleids fields" and "ruleids macros" list what there is. Try a condition in Wireshark first.
  # The port is an example: change it, here and in the test.
  where = "new_connection and tcp.dstport == PORT"
  by    = ["ip.src"] # one state for each source

  window "60s" {
    hosts = "distinct(ip.dst)" # "ruleids functions window" lists what can be counted
  }
  threshold = 3
  when      = "hosts >= threshold"
  cooldown  = "5m" # quiet after an alert, for each source

  notify {
    to      = ["ops"]
    message = "${ip.src} connected to ${hosts} hosts in 60 s"
  }
}
