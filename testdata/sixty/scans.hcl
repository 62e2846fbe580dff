# Scans and floods.

rule "multi_ports" {
  description = "CrowdSec iptables-scan-multi_ports: one source tries 15 ports; a bucket that leaks one in 5 s holds what 75 s bring."
  severity    = "medium"
  where       = "new_connection"
  by          = ["ip.src"]
  window "75s" {
    ports = "distinct(tcp.dstport)"
  }
  threshold = 15
  when      = "ports > threshold"
}

rule "drop_range" {
  description = "CrowdSec ban-defcon-drop_range: alerts of several addresses of one network."
  severity    = "high"
  on          = "alert"
  where       = "alert.category == 'recon'"
  by          = ["network(ip.src, 24)"]
  window "10m" {
    attackers = "distinct(ip.src)"
  }
  threshold = 3
  when      = "attackers >= threshold"
}

rule "firewall_drops" {
  description = "Wazuh 4151: one source meets closed doors again and again; what the firewall drops is not answered."
  severity    = "medium"
  on          = "connection"
  where       = "conn.state in ['refused', 'unanswered']"
  by          = ["ip.src"]
  window "45s" {
    drops = "count()"
  }
  threshold = 18
  when      = "drops >= threshold"
}

rule "simple_scan" {
  description = "Zeek misc/scan: failed connections of one source to 25 different pairs of host and port."
  severity    = "medium"
  on          = "connection"
  where       = "conn.state in ['refused', 'unanswered']"
  by          = ["ip.src"]
  window "5m" {
    doors = "distinct([ip.dst, dst.port])"
  }
  threshold = 25
  when      = "doors >= threshold"
}

rule "traceroute" {
  description = "Zeek misc/detect-traceroute: packets of a few hops go out, and routers say that their time is over."
  severity    = "low"
  sequence "30s" {
    step "probe" {
      where = "ip.ttl < 10 and (udp or tcp or icmp.type == 8)"
      by    = ["ip.src"]
    }
    step "expired" {
      where = "icmp.type == 11"
      by    = ["ip.dst"]
    }
  }
}

rule "ssh_scan_120s" {
  description = "ET SCAN 2001219: five connection attempts to SSH in 120 s; type both, so once in that time."
  severity    = "low"
  where       = "new_connection and tcp.dstport == 22"
  by          = ["ip.src"]
  window "120s" {
    tries = "count()"
  }
  threshold = 5
  when      = "tries >= threshold"
  cooldown  = "120s"
}

rule "nmap_window" {
  description = "ET SCAN nmap -sS: a SYN with a window of 1024 and no acknowledgment number."
  severity    = "low"
  where       = "new_connection and tcp.window_size_value == 1024 and tcp.ack == 0"
  by          = ["ip.src", "ip.dst"]
  cooldown    = "60s"
}

rule "reconnects" {
  description = "Slips: one host tries again and again to connect to another that refuses."
  severity    = "low"
  on          = "connection"
  where       = "conn.state == 'refused'"
  by          = ["ip.src", "ip.dst", "dst.port"]
  window "1h" {
    refused = "count()"
  }
  threshold = 5
  when      = "refused >= threshold"
}

rule "psad" {
  description = "psad: the danger levels 1 to 5 of a scan, by its packets."
  severity    = "low"
  where       = "new_connection"
  by          = ["ip.src"]
  window "1h" {
    n = "count()"
  }
  when     = "n >= 5"
  cooldown = "1h"
  level "medium" { when = "n >= 150" }
  level "high" { when = "n >= 1500" }
  level "critical" { when = "n >= 10000" }
}

rule "ntp_monlist" {
  description = "ET DOS 2017919: answers to NTP monlist, which amplify: mode 7, request 42."
  severity    = "medium"
  where       = "udp.srcport == 123 and bitand(payload[0], 0x87) == 0x87 and payload[3] == 42"
  by          = ["ip.dst"]
  window "60s" {
    answers = "count()"
  }
  threshold = 2
  when      = "answers >= threshold"
  cooldown  = "60s"
}

rule "denies_over_usual" {
  description = "Elastic ml_high_count_network_denies: ten times as many refused connections in 10 min as is usual in the day."
  severity    = "medium"
  on          = "connection"
  where       = "conn.state in ['refused', 'unanswered']"
  window "10m" {
    now = "count()"
  }
  window "24h" {
    day   = "count()"
    hours = "distinct(hour(frame.time_epoch))"
  }
  threshold = 20
  when      = "now >= threshold and hours >= 20 and now > 10 * (day - now) / 143"
  cooldown  = "10m"
}
