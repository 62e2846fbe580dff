# HTTP in the clear.

list "static_endings" {
  description = "What pages are made of."
  type        = "string"
  values      = [".css", ".js", ".png", ".jpg", ".gif", ".ico", ".svg", ".woff2"]
}

list "bad_agents" {
  description = "What tools for scanning call themselves."
  type        = "string"
  values      = ["sqlmap", "Nikto", "masscan", "zgrab", "Nuclei"]
}

list "sensitive_endings" {
  description = "Files that nobody is to ask for."
  type        = "string"
  values      = ["/.env", "/.git/config", "/wp-config.php", "/id_rsa", "/.aws/credentials", "/backup.sql"]
}

rule "http_probing" {
  description = "CrowdSec http-probing: ten different paths of one client, and ten answers 403 or 404 to it."
  severity    = "low"
  where       = "http.request.method != '' or http.response.code in [403, 404]"
  by          = ["http.request.method != '' ? ip.src : ip.dst"]
  window "100s" {
    paths = "distinct(http.request.uri)"
    none  = "count(http.response.code in [403, 404])"
  }
  threshold = 10
  when      = "none >= threshold and paths >= threshold"
}

rule "http_crawl" {
  description = "CrowdSec http-crawl-non_statics: one client asks for 40 different paths that are no parts of pages."
  severity    = "low"
  where       = "http.request.method in ['GET', 'HEAD'] and not (lower(http.request.uri) endsWith list.static_endings)"
  by          = ["ip.src", "http.host"]
  window "20s" {
    paths = "distinct(http.request.uri)"
  }
  threshold = 40
  when      = "paths >= threshold"
}

rule "listed_user_agent" {
  description = "CrowdSec http-bad-user-agent: a tool for scanning says its name."
  severity    = "medium"
  where       = "http.user_agent contains list.bad_agents"
  by          = ["ip.src"]
}

rule "sensitive_files" {
  description = "CrowdSec http-sensitive-files: one client asks for five files that nobody is to ask for."
  severity    = "medium"
  where       = "http.request.uri endsWith list.sensitive_endings"
  by          = ["ip.src"]
  window "25s" {
    files = "distinct(http.request.uri)"
  }
  threshold = 5
  when      = "files >= threshold"
}

rule "sql_injection" {
  description = "Zeek http/detect-sql-injection: 50 requests in 5 minutes that look like SQL."
  severity    = "high"
  where       = <<-EOT
    http.request.uri matches `(?i)('|%27)(\s|\+|%20)*(or|and|union|having)(\s|\+|%20)`
    or lower(http.request.uri) contains ['union+select', 'union%20select', 'information_schema']
  EOT
  by          = ["ip.src"]
  window "5m" {
    requests = "count()"
  }
  threshold = 50
  when      = "requests >= threshold"
}

rule "rare_signature" {
  description = "RITA rare signature: a user agent or a TLS client that nobody was seen to use for a month."
  severity    = "low"
  where       = "ip.src in list.home_nets and (http.user_agent != '' or tls.handshake.ja3 != '')"
  by          = ["ip.src"]
  memory "30d" {
    agent  = "first(http.user_agent)"
    client = "first(tls.handshake.ja3)"
    learn  = "7d"
  }
  when = "agent or client"
}
