# DNS.

list "mining_pools" {
  description = "Names of mining pools."
  type        = "domain"
  values      = ["minexmr.example", "pool.supportxmr.example", "nanopool.example"]
}

list "dyndns" {
  description = "Names of dynamic DNS and of cheap top-level domains."
  type        = "domain"
  values      = ["duckdns.example", "no-ip.example", "gq", "tk"]
}

list "own_domains" {
  description = "Names that are ours."
  type        = "domain"
  values      = ["corp.example"]
}

list "resolved" {
  description = "Addresses that answers of name servers named in the last hours."
  type        = "ip"
  for         = "6h"
  max         = 200000
}

list "pool_addresses" {
  description = "Addresses of mining pools, as name servers told them."
  type        = "ip"
  for         = "24h"
}

rule "cobalt_stage" {
  description = "Sigma net_dns_mal_cobaltstrike: a query of a stager of Cobalt Strike."
  severity    = "critical"
  where       = "dns_query and (lower(dns.qry.name) startsWith ['aaa.stage.', 'post.1'] or lower(dns.qry.name) contains '.stage.123456.')"
  by          = ["ip.src"]
}

rule "txt_exec" {
  description = "Sigma net_dns_susp_txt_exec_strings: a TXT record holds a command."
  severity    = "high"
  where       = "dns.txt contains ['IEX', 'Invoke-Expression', 'cmd.exe']"
  by          = ["ip.dst"]
}

rule "mining_pool" {
  description = "Sigma zeek_dns_mining_pools: a query for the name of a mining pool."
  severity    = "medium"
  where       = "dns_query and dns.qry.name in list.mining_pools"
  by          = ["ip.src"]
}

rule "learn_pools" {
  description = "Where mining pools are."
  silent      = true
  where       = "dns.flags.response and dns.qry.name in list.mining_pools"
  track "pool_addresses" { value = "dns.a" }
}

rule "miner" {
  description = "Falco: a connection to an address of a mining pool."
  severity    = "high"
  where       = "new_connection and ip.dst in list.pool_addresses"
  by          = ["ip.src"]
}

rule "external_name" {
  description = "Zeek dns/detect-external-names: a name that is not ours is answered with an address of ours: DNS rebinding."
  severity    = "medium"
  where       = "dns.flags.response and dns.a in list.home_nets and dns.qry.name not in list.own_domains"
  by          = ["dns.qry.name"]
}

rule "dyndns_query" {
  description = "ET INFO DynDNS and TLD queries: a query for one of the names of a list."
  severity    = "low"
  where       = "dns_query and dns.qry.name in list.dyndns"
  by          = ["ip.src", "dns.qry.name"]
  cooldown    = "1h"
}

rule "learn_answers" {
  description = "What names were resolved to."
  silent      = true
  where       = "dns.flags.response"
  track "resolved" { value = "dns.a" }
}

rule "no_dns" {
  description = "Slips connections without DNS: a connection to an address that no answer named."
  severity    = "low"
  where       = "new_connection and to_outside and ip.dst not in list.resolved"
  by          = ["ip.src", "ip.dst"]
  cooldown    = "1h"
}

rule "dga" {
  description = "Elastic DGA: one host asks for names that do not exist and that nobody would think of."
  severity    = "medium"
  where       = "dns.flags.response and dns.flags.rcode == 3 and entropy(registered_domain(dns.qry.name)) > 3.4 and len(registered_domain(dns.qry.name)) > 15"
  by          = ["ip.dst"]
  window "10m" {
    names = "distinct(lower(registered_domain(dns.qry.name)))"
  }
  threshold = 10
  when      = "names >= threshold"
}

rule "dns_overflow" {
  description = "Elastic DNS server overflow: an answer of more than 65,000 bytes, over TCP."
  severity    = "high"
  where       = "tcp.srcport == 53 and tcp.len > 2 and payload[0] * 256 + payload[1] > 65000"
  by          = ["ip.src", "ip.dst"]
}

rule "c2_over_dns" {
  description = "RITA C2 over DNS: 500 names below one domain in a day."
  severity    = "high"
  where       = "dns_query"
  by          = ["registered_domain(dns.qry.name)"]
  window "24h" {
    names = "distinct(lower(dns.qry.name))"
  }
  threshold = 500
  when      = "names >= threshold"
  cooldown  = "24h"
}
