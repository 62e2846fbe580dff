rule "http_hidden_files" {
  description = "One client asks a web server for several files that give secrets away."
  severity    = "medium"
  category    = "recon"
  attack      = ["T1595.003", "T1552.001"]
  references = [
    "https://attack.mitre.org/techniques/T1595/003/",
    "https://attack.mitre.org/techniques/T1552/001/",
    "https://owasp.org/www-project-web-security-testing-guide/stable/4-Web_Application_Security_Testing/02-Configuration_and_Deployment_Management_Testing/04-Review_Old_Backup_and_Unreferenced_Files_for_Sensitive_Information",
  ]

  where = "http_request and lower(payload) contains list.hidden_file_paths"
  by    = ["ip.src", "ip.dst"]
  window "60s" {
    requests = "count()"
  }
  threshold = var.http_hidden_files_requests
  when      = "requests >= threshold"
  cooldown  = "5m"

  notify {
    to      = ["ops"]
    message = "${ip.src} asked the web server ${ip.dst} port ${tcp.dstport} for ${requests} files that give secrets away in 60 s"
  }
}
