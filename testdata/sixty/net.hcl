# Connections and networks.

list "cleartext_ports" {
  description = "Ports of services that speak in the clear."
  type        = "port"
  values      = [21, 23, 110, 143, 3306, 5432]
}

list "drop" {
  description = "Networks that are given over to crime."
  type        = "ip"
  values      = ["192.0.2.0/25", "2001:db8:bad::/48"]
}

list "intel" {
  description = "Addresses that a feed knows."
  type        = "ip"
  file        = "intel.csv"
  columns     = ["indicator", "threat", "confidence"]
}

rule "cleartext" {
  description = "Sigma net_firewall_cleartext_protocols: a connection to a service that speaks in the clear was accepted."
  severity    = "low"
  on          = "connection"
  where       = "conn.state == 'established' and dst.port in list.cleartext_ports"
  by          = ["ip.src", "ip.dst", "dst.port"]
  cooldown    = "24h"
}

rule "known_services" {
  description = "Zeek conn/known-services: a host serves a port that it was not seen to serve."
  severity    = "low"
  on          = "connection"
  where       = "conn.state == 'established' and ip.dst in list.home_nets"
  by          = ["ip.dst", "dst.port"]
  memory "30d" {
    service = "first([ip.dst, dst.port])"
    learn   = "7d"
  }
  when = "service"
}

rule "from_drop" {
  description = "ET TOR, DROP, CIARMY: a packet of a network of a list."
  severity    = "medium"
  where       = "ip.src in list.drop"
  by          = ["ip.src"]
  cooldown    = "1h"
}

rule "gre_tunnel" {
  description = "Slips GRE tunnel: something comes through a tunnel of GRE."
  severity    = "low"
  where       = "tunnel.type == 'gre'"
  by          = ["outer.ip.src", "outer.ip.dst"]
  cooldown    = "1h"
}

rule "metadata_service" {
  description = "Falco Contact EC2 metadata: a connection to the metadata service of a cloud."
  severity    = "medium"
  where       = "new_connection and ip.dst == '169.254.169.254'"
  by          = ["ip.src"]
}

rule "ssh_other_port_said" {
  description = "Falco SSH non-standard port: SSH is spoken on another port than 22."
  severity    = "low"
  where       = "ssh.protocol != '' and src.port != 22 and dst.port != 22"
  by          = ["ip.src", "ip.dst"]
  cooldown    = "1h"
}

rule "rdp_from_internet" {
  description = "Elastic RDP from the Internet: a connection attempt from outside to 3389."
  severity    = "medium"
  where       = "new_connection and tcp.dstport == 3389 and ip.dst in list.home_nets and ip.src not in list.home_nets"
  by          = ["ip.src"]
}

rule "new_smb_source" {
  description = "Elastic SMB from the Internet: a source from outside reaches SMB for the first time in five days."
  severity    = "medium"
  where       = "new_connection and tcp.dstport in [139, 445] and ip.src not in list.home_nets"
  by          = ["ip.src"]
  memory "5d" {
    fresh = "first(ip.src)"
    learn = "24h"
  }
  when = "fresh"
}

rule "icmp_tunnel_new" {
  description = "Elastic ICMP tunneling: big echoes between two hosts that sent none in a week."
  severity    = "medium"
  where       = "icmp.type in [0, 8] and icmp.data_len > 128"
  by          = ["ip.src", "ip.dst"]
  memory "7d" {
    pair  = "first([ip.src, ip.dst])"
    learn = "24h"
  }
  when = "pair"
}

rule "rare_country" {
  description = "Elastic ml_rare_destination_country: a connection to a country that nobody was seen to connect to for a month."
  severity    = "low"
  where       = "new_connection and to_outside"
  by          = ["geoip.country(ip.dst)"]
  memory "30d" {
    country = "first(geoip.country(ip.dst))"
    learn   = "7d"
  }
  when = "country"
}

rule "even_calls" {
  description = "Elastic network beaconing: one host calls another at even intervals, with calls that are alike."
  severity    = "medium"
  where       = "new_connection and to_outside"
  by          = ["ip.src", "ip.dst", "dst.port"]
  window "6h" {
    calls  = "count()"
    every  = "median(gap())"
    jitter = "cv(gap())"
  }
  threshold = 20
  when      = "calls >= threshold and every > 10 and jitter < 0.2"
  cooldown  = "6h"
}

rule "two_dhcp_servers" {
  description = "Elastic DHCP multiple servers: two servers offer an address to one client."
  severity    = "high"
  where       = "dhcp.type == 'offer'"
  by          = ["dhcp.hw.mac_addr"]
  window "5s" {
    servers = "distinct(ip.src)"
  }
  when = "servers >= 2"
}

rule "long_lived" {
  description = "RITA long connections: one of four hours, and worse ones."
  severity    = "low"
  on          = "connection"
  where       = "conn.state == 'closed' and conn.duration >= 14400 and ip.dst not in list.home_nets"
  by          = ["ip.src", "ip.dst", "dst.port"]
  level "medium" { when = "conn.duration >= 28800" }
  level "high" { when = "conn.duration >= 43200" }
}

rule "intel_bytes" {
  description = "RITA threat intel hit + bytes: over 25 MB to or from an address that a feed knows."
  severity    = "high"
  on          = "connection"
  where       = "list.intel[ip.dst].confidence >= 50"
  by          = ["ip.src", "ip.dst"]
  window "24h" {
    bytes = "sum(conn.bytes_out + conn.bytes_in, conn.state == 'closed')"
  }
  threshold = 25000000
  when      = "bytes > threshold"

  notify {
    to      = ["ops"]
    message = "${ip.src} and ${ip.dst} (${list.intel[ip.dst].threat}) exchanged ${bytes} bytes"
  }
}

# An echo that only the scanner of the exploit sends, asked and answered on one connection: what is asked alone says nothing of the
# host that is asked.
rule "eternalblue_pair" {
  description = "ET EXPLOIT EternalBlue, 2024220 and 2024218: a host answers the echo of the exploit (MS17-010)."
  severity    = "high"

  sequence "1m" {
    step "request" {
      where = <<-EOT
        tcp.dstport == 445 and payload startsWith '\x00\x00\x001\xffSMB+\x00\x00\x00\x00\x18\x07\xc0' and payload contains 'JlJmIhClBsr\x00'
      EOT
      by    = ["ip.src", "ip.dst", "tcp.srcport"]
    }
    step "response" {
      where = <<-EOT
        tcp.srcport == 445 and payload startsWith '\x00\x00\x001\xffSMB+\x00\x00\x00\x00\x98\x07\xc0' and payload contains 'JlJmIhClBsr\x00'
      EOT
      by    = ["ip.dst", "ip.src", "tcp.dstport"]
    }
  }
}
