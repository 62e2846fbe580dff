rule "login_after_scan" {
  description = "Who scanned the network logs in."
  severity    = "critical"
  category    = "correlation"
  attack      = ["T1046", "T1078"]
  references = [
    "https://attack.mitre.org/techniques/T1046/",
    "https://attack.mitre.org/techniques/T1078/",
  ]

  sequence "1h" {
    step "scan" {
      on    = "alert"
      where = "alert.category == 'recon' and alert.mode == 'enforce'"
      by    = ["ip.src"]
    }
    step "login" {
      on    = "auth"
      where = "auth.success"
      by    = ["ip.src"]
    }
  }
  cooldown = "1h"

  notify {
    to      = ["ops"]
    message = "${ip.src} scanned the network and then logged in as ${auth.user} (${auth.service} on ${auth.host})"
  }
}
