# Models of what is usual. Nothing of them runs unless a rule that is enabled looks at their samples. docs/models.md says
# what they learn.

model "host_traffic" {
  description = "What each host of ours sends in a minute."
  where       = "ip.src in list.home_nets and not (ip.dst in list.group_nets)"
  by          = ["ip.src"]
  every       = "60s"
  features = {
    bytes   = "log2(sum(ip.len))"
    packets = "log2(count())"
    size    = "log2(mean(ip.len))"
    ports   = "log2(distinct(dst.port))"
    hosts   = "log2(distinct(ip.dst))"
  }
  learn = "24h"
}

model "dns_client" {
  description = "What each host of ours asks of DNS in five minutes."
  where       = "dns and not dns.flags.response and ip.src in list.home_nets"
  by          = ["ip.src"]
  every       = "5m"
  features = {
    queries = "log2(count())"
    names   = "log2(distinct(dns.qry.name))"
    domains = "log2(distinct(registered_domain(dns.qry.name)))"
    longest = "max(len(dns.qry.name))"
    length  = "mean(len(dns.qry.name))"
    types   = "distinct(dns.qry.type)"
  }
  learn = "24h"
}

model "login_hours" {
  description = "At which hours and on which days of the week people log in from the network, in UTC."
  on          = "auth"
  where       = "auth.success and ip and auth.user not in list.machine_accounts"
  features = {
    hour = "hour(frame.time_epoch)"
    day  = "weekday(frame.time_epoch)"
  }
  learn       = "14d"
  min_samples = 300
}

model "conversation_shape" {
  description = "How conversations with hosts of ours are shaped: their size, rates and duration."
  on          = "connection"
  where       = "(ip.src in list.home_nets or ip.dst in list.home_nets) and conn.packets_in > 0"
  features = {
    bytes       = "log2(conn.bytes_out + conn.bytes_in)"
    packet_size = "log2((conn.bytes_out + conn.bytes_in) / (conn.packets_out + conn.packets_in))"
    packet_rate = "log2((conn.packets_out + conn.packets_in) / max(conn.duration, 1))"
    byte_rate   = "log2((conn.bytes_out + conn.bytes_in) / max(conn.duration, 1))"
    sent        = "conn.bytes_out / (conn.bytes_out + conn.bytes_in)"
    duration    = "log2(max(conn.duration, 0.001))"
  }
  method = "forest"
  learn  = "24h"
}
