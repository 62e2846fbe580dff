# Logins, as logs tell of them.

list "watched_countries" {
  description = "Countries from which nobody logs in here."
  type        = "string"
  values      = ["KP", "XX"]
}

rule "ssh_bf" {
  description = "CrowdSec ssh-bf: five failed logins of one source; a bucket that leaks one in 10 s holds what 50 s bring."
  severity    = "medium"
  category    = "credential"
  on          = "auth"
  where       = "auth.service == 'sshd' and not auth.success"
  by          = ["ip.src"]
  window "50s" {
    failures = "count()"
  }
  threshold = 5
  when      = "failures > threshold"
}

rule "ssh_slow_bf_users" {
  description = "CrowdSec ssh-slow-bf (user-enum): one source fails with ten names in ten minutes."
  severity    = "medium"
  category    = "credential"
  on          = "auth"
  where       = "auth.service == 'sshd' and not auth.success"
  by          = ["ip.src"]
  window "10m" {
    users = "distinct(auth.user)"
  }
  threshold = 10
  when      = "users >= threshold"
}

rule "ssh_time_based_bf" {
  description = "CrowdSec ssh-time-based-bf: patient guesses, at a median of more than ten minutes, none of which succeeded."
  severity    = "medium"
  category    = "credential"
  on          = "auth"
  where       = "auth.service == 'sshd'"
  by          = ["ip.src"]
  window "24h" {
    failures = "count(not auth.success)"
    logins   = "count(auth.success)"
    every    = "median(gap(), not auth.success)"
  }
  threshold = 4
  when      = "failures >= threshold and logins == 0 and every > 600"
  cooldown  = "24h"
}

rule "two_countries" {
  description = "CrowdSec impossible-travel: one account logs in from two countries within an hour."
  severity    = "high"
  category    = "credential"
  on          = "auth"
  where       = "auth.success"
  by          = ["auth.user"]
  window "1h" {
    countries = "distinct(geoip.country(ip.src))"
  }
  when = "countries >= 2"
}

rule "failures_then_success" {
  description = "Wazuh 40112: eight failures, then a login, of one source."
  severity    = "high"
  category    = "credential"
  on          = "auth"
  by          = ["ip.src"]
  window "4m" {
    failures = "count(not auth.success)"
  }
  threshold = 8
  when      = "failures >= threshold and auth.success"
}

rule "spray" {
  description = "One source fails with five accounts."
  severity    = "medium"
  category    = "credential"
  on          = "auth"
  where       = "not auth.success"
  by          = ["ip.src"]
  window "10m" {
    users = "distinct(auth.user)"
  }
  threshold = 5
  when      = "users >= threshold"
}

rule "spray_then_success" {
  description = "Sigma correlation temporal_ordered: a spray, then a login from there."
  severity    = "critical"
  category    = "credential"
  sequence "10m" {
    step "spray" {
      on    = "alert"
      where = "alert.rule == 'spray'"
      by    = ["ip.src"]
    }
    step "login" {
      on    = "auth"
      where = "auth.success"
      by    = ["ip.src"]
    }
  }
}

rule "ssh_guessing_30m" {
  description = "Zeek ssh/detect-bruteforcing: 30 failed logins in 30 minutes."
  severity    = "medium"
  category    = "credential"
  on          = "auth"
  where       = "auth.service == 'sshd' and not auth.success"
  by          = ["ip.src"]
  window "30m" {
    failures = "count()"
  }
  threshold = 30
  when      = "failures >= threshold"
}

rule "ftp_guessing_15m" {
  description = "Zeek ftp/detect-bruteforcing: 20 answers 530 to one client in 15 minutes."
  severity    = "medium"
  category    = "credential"
  where       = "tcp.srcport == 21 and payload startsWith '530 ' and not conn.retransmission"
  by          = ["ip.dst"]
  window "15m" {
    failures = "count()"
  }
  threshold = 20
  when      = "failures >= threshold"
}

rule "ssh_geo" {
  description = "Zeek ssh/geo-data: a login from a watched country."
  severity    = "high"
  category    = "credential"
  on          = "auth"
  where       = "auth.success and geoip.country(ip.src) in list.watched_countries"
  by          = ["ip.src"]
}
