# Every number of the shipped rules. A name begins with that of its rule. The span of a window is part of the rule.

variable "port_scan_ports" {
  description = "Distinct TCP destination ports that one source tries in 10 s, which make a port scan."
  default     = 15
}

variable "port_scan_network_ports" {
  description = "Distinct TCP destination ports that the addresses of one IPv6 network try in 10 s, which make a port scan."
  default     = 30
}

variable "port_scan_network_sources" {
  description = "Distinct addresses of the network that those attempts come from, at least; fewer are found one by one."
  default     = 3
}

variable "host_sweep_hosts" {
  description = "Distinct hosts on which one source tries one TCP port in 60 s, which make a sweep."
  default     = 25
}

variable "stealth_scan_packets" {
  description = "TCP packets with impossible flags from one source in 10 s, which make a stealth scan."
  default     = 10
}

variable "tiny_fragments_count" {
  description = "Tiny or overlapping fragments of one source in 2 min, which make an attempt to hide what they carry."
  default     = 5
}

variable "syn_flood_syns" {
  description = "Connection attempts of one source in 5 s that make a SYN flood."
  default     = 200
}

variable "syn_flood_fast_syns" {
  description = "Connection attempts of one source in 1 s that make a fast SYN flood."
  default     = 100
}

variable "syn_flood_global_syns" {
  description = "Connection attempts of all sources together in 5 s that make a distributed SYN flood."
  default     = 1000
}

variable "syn_flood_global_sources" {
  description = "Distinct sources that those attempts come from, at least; fewer are found one by one."
  default     = 50
}

variable "syn_flood_network_syns" {
  description = "Connection attempts of the addresses of one IPv6 network in 5 s that make a SYN flood."
  default     = 400
}

variable "syn_flood_network_sources" {
  description = "Distinct addresses of the network that those attempts come from, at least; fewer are found one by one."
  default     = 3
}

variable "syn_ratio_syns" {
  description = "Connection attempts of one source in 30 s from which on their ratio to the connections that it ends is looked at."
  default     = 50
}

variable "syn_ratio_factor" {
  description = "How many times as many attempts as FIN and RST together a source may send."
  default     = 3
}

variable "icmp_flood_requests" {
  description = "Echo requests of one source in 5 s that make an ICMP flood."
  default     = 100
}

variable "udp_flood_packets" {
  description = "UDP packets from one source to one host in 5 s that make a UDP flood."
  default     = 2000
}

variable "flow_syn_rate_packets" {
  description = "SYN packets a second in one flow above which flow_syn_rate fires."
  default     = 100
}

variable "flow_small_packets_rate" {
  description = "Packets a second in one flow above which flow_small_packets fires on a small one."
  default     = 50
}

variable "flow_small_packets_bytes" {
  description = "Bytes of a frame below which it is small."
  default     = 100
}

variable "brute_force_attempts" {
  description = "Connection attempts of one source to login ports in 30 s that make a brute-force attack."
  default     = 30
}

variable "brute_force_slow_connections" {
  description = "Connections of one source to one login service of one host in 10 min, which make slow guessing."
  default     = 20
}

variable "distributed_brute_force_sources" {
  description = "Distinct sources that try one login port of one host in 60 s, which make a distributed brute-force attack."
  default     = 20
}

variable "dns_tunnel_name_length" {
  description = "Characters of a DNS query name above which it looks like carried data."
  default     = 50
}

variable "dns_tunnel_volume_names" {
  description = "Distinct query names under one registered domain from one source in 60 s that make a DNS tunnel."
  default     = 100
}

variable "data_exfil_bytes" {
  description = "Bytes of IP packets from one home address to the outside in 60 s that make an exfiltration."
  default     = 5000000
}

variable "arp_spoof_changes" {
  description = "Changes within 24 h of the hardware address that speaks for an IPv4 address, which make an ARP spoof."
  default     = 1
}

variable "udp_scan_ports" {
  description = "Distinct UDP ports of one host that one source tries in 2 min, which make a UDP scan."
  default     = 20
}

variable "honeypot_brute_force_logins" {
  description = "Logins of one source at honeypots in 60 s that make a brute-force attack."
  default     = 5
}

variable "kill_chain_stages" {
  description = "Different stages of an attack (categories of rules) at which one source is seen in 10 min, which make a chain."
  default     = 3
}

variable "refused_ports_ports" {
  description = "Distinct ports on which one host refuses another in 10 min, which make a scan."
  default     = 8
}

variable "failed_connections_doors" {
  description = "Distinct pairs of host and port that refuse one source, or do not answer it, in 5 min, which make a scan."
  default     = 25
}

variable "long_connection_seconds" {
  description = "Seconds from which on a connection to the outside is long; it is worse from three times as many on."
  default     = 14400
}

variable "slow_port_scan_ports" {
  description = "Distinct service ports of one host that one source tries in 15 min, which make a slow scan."
  default     = 20
}

variable "arp_sweep_hosts" {
  description = "Distinct IPv4 addresses that one hardware address asks for in 10 s, which make a sweep."
  default     = 120
}

variable "nd_sweep_hosts" {
  description = "Distinct IPv6 addresses that one host asks for by neighbour discovery in 10 s, which make a sweep."
  default     = 120
}

variable "ping_sweep_hosts" {
  description = "Distinct hosts that one source pings in 30 s, which make a sweep."
  default     = 25
}

variable "udp_host_sweep_hosts" {
  description = "Distinct hosts on which one source tries one UDP service in 60 s, which make a sweep."
  default     = 25
}

variable "arp_unsolicited_answers" {
  description = "ARP answers for one address in 60 s, more than three times as many as questions, which make spoofing."
  default     = 6
}

variable "mac_flood_macs" {
  description = "Distinct hardware addresses in 10 s, which make a MAC flood."
  default     = 500
}

variable "ra_flood_routers" {
  description = "Distinct routers that advertise themselves in 30 s, which make a flood."
  default     = 5
}

variable "nd_flood_addresses" {
  description = "Distinct sources of neighbour discovery in 5 s, which make a flood."
  default     = 200
}

variable "reflection_flood_packets" {
  description = "Answers of one UDP service to one host in 5 s, from at least 50 servers and of 200 bytes or more each, which make a reflected flood."
  default     = 500
}

variable "udp_flood_global_packets" {
  description = "UDP packets to one host in 5 s, from at least 200 sources, which make a distributed flood."
  default     = 2000
}

variable "icmp_flood_any_packets" {
  description = "ICMP packets to one host in 5 s, which make a flood."
  default     = 1000
}

variable "icmp_tunnel_bytes" {
  description = "Bytes of at least 70 pings from one host to another in 60 s, which make a tunnel."
  default     = 100000
}

variable "dns_tunnel_names_names" {
  description = "Different names of over 50 characters under one registered domain that one source asks for in 5 min, which make a tunnel."
  default     = 5
}

variable "nxdomain_burst_domains" {
  description = "Distinct registered domains that do not exist and one host asks for in 5 min, which make a burst."
  default     = 25
}

variable "login_failures_failures" {
  description = "Passwords of one client that one server refuses in 60 s, which make guessing."
  default     = 15
}

variable "login_failures_slow_failures" {
  description = "Passwords of one client that one service refuses in 5 min, which make slow guessing."
  default     = 8
}

variable "ssh_failures_connections" {
  description = "SSH connections of one client to one server in 10 min that end before a login, which make guessing."
  default     = 8
}

variable "snmp_guessing_communities" {
  description = "Distinct SNMP communities with which one source asks in 60 s, which make guessing."
  default     = 10
}

variable "sip_guessing_refusals" {
  description = "Answers of one SIP server that refuse one client in 60 s, more than four times as many as it accepts, which make guessing."
  default     = 20
}

variable "login_brute_force_failures" {
  description = "Failed logins of one source in 5 min, by the logs of hosts, that make a brute-force attack."
  default     = 8
}

variable "password_spray_users" {
  description = "Distinct accounts that one source fails to log in to in 1 h, by the logs of hosts, which make a password spray."
  default     = 10
}

variable "distributed_login_failures_sources" {
  description = "Distinct sources that fail to log in to one account in 1 h, by the logs of hosts, which make distributed guessing."
  default     = 10
}

variable "success_after_failures_failures" {
  description = "Failed logins of one source in the 10 min before one that succeeds, by the logs of hosts, which make a guessed password."
  default     = 5
}

variable "impossible_travel_kmh" {
  description = "Kilometres an hour that nobody travels: an airliner makes 900."
  default     = 1000
}

variable "impossible_travel_km" {
  description = "Kilometres from which on a distance is looked at: where addresses are is known to a few hundred, and a provider or a VPN has its doors elsewhere."
  default     = 1000
}

variable "superusers" {
  description = "Accounts that may do everything, in lower case."
  default     = ["root", "toor", "administrator"]
}

variable "odd_host_score" {
  description = "Share of what was learned of a host's minutes that a sample has to be odder than."
  default     = 0.9999
}

variable "odd_host_bits" {
  description = "Bits that the oddest feature of a host's minute has to have: 16 is once in 65,536, 22 is never and a quarter of the usual range beyond it, 24 a whole range."
  default     = 22
}

variable "odd_conversation_score" {
  description = "Share of what was learned of conversations that one has to be odder than."
  default     = 0.9999
}

variable "odd_conversation_cuts" {
  description = "Cuts that the trees have to save by the oddest feature of a conversation."
  default     = 3
}

variable "ack_scan_ports" {
  description = "Distinct service ports of one host that one source sends ACKs of no connection to in 30 s, which make a scan."
  default     = 15
}

variable "protocol_scan_protocols" {
  description = "Distinct IP protocols, besides TCP, UDP, ICMP and ICMPv6, that one source tries of one host in 2 min, which make a scan."
  default     = 10
}

variable "sctp_scan_probes" {
  description = "SCTP packets in 10 s that begin an association and carry nothing, nine of ten of what one source sends to one host, which make a scan."
  default     = 25
}

variable "dhcp_starvation_clients" {
  description = "Distinct hardware addresses that look for a DHCP server in 60 s, which make an attack on its leases."
  default     = 50
}

variable "dhcp_flood_questions" {
  description = "DHCP messages of one client in 60 s, which make a flood."
  default     = 40
}

variable "dhcp_two_servers_servers" {
  description = "Distinct servers that answer one DHCP client in 60 s, of which one may be an attacker."
  default     = 2
}

variable "scanner_agents" {
  description = "Parts of the names, in lower case, under which tools that attack web servers send requests."
  default = [
    "acunetix", "arachni", "commix", "dirbuster", "feroxbuster", "fuzz faster u fool", "gobuster", "havij", "jorgee",
    "masscan", "morfeus", "nessus", "netsparker", "nikto", "nmap scripting engine", "nuclei", "openvas", "paros", "skipfish",
    "sqlmap", "sqlninja", "w3af", "wapiti", "webshag", "wfuzz", "whatweb", "wpscan", "zgrab", "zmeu",
  ]
}

variable "http_scanner_errors" {
  description = "Requests of one client in 60 s that one web server answers with an error of the client, which make a scan."
  default     = 60
}

variable "http_flood_requests" {
  description = "HTTP requests of one source to one host in 10 s, which make a flood."
  default     = 500
}

variable "held_connections_connections" {
  description = "Connections of one source to one web server on which only small pieces come in 60 s, two and more on each, which make an attack that holds connections."
  default     = 20
}

variable "kerberos_errors_errors" {
  description = "Names and passwords of one client that one Kerberos server refuses in 60 s, which make guessing."
  default     = 8
}

variable "nd_spoof_changes" {
  description = "Times in 1 h that the hardware address changes which speaks for an IPv6 address, which make spoofing."
  default     = 2
}

variable "tcp_flood_stateless_flows" {
  description = "Pairs of source and port in 5 s from which one host gets RST or flags that no TCP sends, which make a flood."
  default     = 1000
}

variable "synack_flood_servers" {
  description = "Pairs of server and port in 5 s from which one host gets SYN+ACK, which make a flood."
  default     = 1000
}

variable "ack_flood_flows" {
  description = "Pairs of address and port in 5 s to which one host sends RST without ACK, which make a flood of packets of no connection."
  default     = 1000
}

variable "beacon_calls" {
  description = "Calls of one host to one service outside in 6 h, at intervals over 10 s that differ by less than a fifth, which make a beacon."
  default     = 20
}

variable "new_host_learn" {
  description = "Seconds for which the map of hosts has to be watched before a host is new."
  default     = 86400
}

variable "mac_moved_age" {
  description = "Seconds for which an address has to be known before it counts as moved."
  default     = 86400
}

variable "login_at_odd_hour_score" {
  description = "Share of what was learned of logins that one has to be odder than."
  default     = 0.99
}

variable "login_at_odd_hour_bits" {
  description = "Bits that the hour or the day of a login has to have: 16 is once in 65,536, 17.5 is never, and two hours or a day beside what was."
  default     = 17.5
}

variable "ack_sweep_hosts" {
  description = "Distinct hosts that refuse packets of no connection of one source to one port in 60 s, which make a sweep."
  default     = 25
}

variable "sctp_sweep_hosts" {
  description = "Distinct hosts with which one source begins SCTP in 60 s, which make a sweep."
  default     = 25
}

variable "arp_sweep_slow_hosts" {
  description = "Distinct IPv4 addresses that one hardware address asks for in 5 min, most of which are not there, which make a slow sweep."
  default     = 120
}

variable "web_login_guessing_passwords" {
  description = "Passwords of one client to one web server in 60 s, which make guessing."
  default     = 20
}

variable "web_login_guessing_burst" {
  description = "Forms or JSON with a password of one client to one web server in 5 s, which make guessing."
  default     = 6
}

variable "http_sql_injection_requests" {
  description = "Requests of one client to one web server in 60 s that have SQL in them, which make an attack."
  default     = 5
}

variable "name_poisoning_names" {
  description = "Distinct names that one host says to have by LLMNR in 10 min, which make poisoning."
  default     = 4
}

variable "dhcpv6_starvation_clients" {
  description = "Distinct clients that look for a server of DHCPv6 in 60 s, which make an attack on its leases."
  default     = 50
}

variable "slow_read_connections" {
  description = "Connections of one source to one web server on which its window is closed in 60 s, twice and more on each, which make an attack that holds connections."
  default     = 100
}

variable "rdp_guessing_requests" {
  description = "Remote Desktop sessions that one client begins with one host in 5 min, which make guessing."
  default     = 15
}

variable "snmp_guessing_slow_communities" {
  description = "Distinct SNMP communities with which one source asks one host in 10 min, which make slow guessing."
  default     = 6
}

variable "http_hidden_files_requests" {
  description = "Requests of one client to one web server in 60 s for files that give secrets away."
  default     = 3
}

variable "rst_injection_numbers" {
  description = "Distinct sequence numbers of RST for one direction of one TCP connection in 5 s, which make an injection."
  default     = 20
}

variable "dns_amplifier_questions" {
  description = "Questions of type ANY of one address to one DNS server in 10 s, which make an amplifier."
  default     = 50
}

variable "dhcp_release_flood_clients" {
  description = "Distinct clients whose DHCP leases one hardware address gives back in 60 s."
  default     = 20
}

variable "ip_protocol_flood_packets" {
  description = "Packets of other IP protocols than TCP, UDP and ICMP to one host in 5 s, which make a flood."
  default     = 2000
}

variable "ip_protocol_flood_sources" {
  description = "Distinct sources that packets of ip_protocol_flood come from at least."
  default     = 200
}

variable "distributed_port_scan_ports" {
  description = "Distinct TCP ports below 1024 of one host that 10 sources or more try in 60 s."
  default     = 30
}

variable "arp_claims_addresses" {
  description = "Distinct IPv4 addresses that one hardware address claims unasked in 60 s."
  default     = 60
}

variable "icmp_redirects_count" {
  description = "ICMP redirects from one address to one host in 60 s, which make spoofing."
  default     = 10
}

variable "dns_port_misused_packets" {
  description = "Packets of one host to UDP port 53 of one host outside in 60 s that are no DNS."
  default     = 10
}

variable "icmp_unasked_replies" {
  description = "Echo replies of one host to another in 60 s, more than three times as many as questions."
  default     = 30
}

variable "refused_udp_ports_ports" {
  description = "Distinct UDP ports of services on which one host refuses another in 10 min, which make a scan."
  default     = 8
}

variable "icmp_answer_grown_questions" {
  description = "Pings of one host to another in 60 s that were seen, from which on a longer answer is a shell."
  default     = 3
}

variable "dns_tunnel_labels_names" {
  description = "Distinct names with an encoded piece, under one registered domain and from one source in 60 s, which make a tunnel."
  default     = 10
}

variable "web_login_guessing_url_addresses" {
  description = "Distinct addresses with a password in them that one client asks one web server for in 60 s, which make guessing."
  default     = 10
}

variable "udp_spray_hosts" {
  description = "Distinct hosts to one port of which one client sends UDP in 60 s, which make a spray."
  default     = 100
}

variable "tcp_fragments_count" {
  description = "Fragments of TCP that begin after 9,000 bytes, from one host to another in 10 s, which make a flood."
  default     = 100
}

variable "icmp_probe_types" {
  description = "Distinct types of ICMP's timestamp, information and address mask requests from one source to one host in 60 s, which make a probe."
  default     = 2
}

variable "crafted_syn_scan_doors" {
  description = "Distinct pairs of host and port that one source sends SYN of tools to in 60 s."
  default     = 5
}

variable "passwords_tried_passwords" {
  description = "Distinct passwords of one client at one FTP or POP3 server in 5 min, three times as many as accounts."
  default     = 5
}

variable "tcp_flags_flood_packets" {
  description = "TCP packets to one port of one host with flags that no TCP sends, in 5 s."
  default     = 100
}

variable "syn_flood_crafted_flows" {
  description = "Distinct pairs of source and port that send SYN without options to one host in 10 s."
  default     = 30
}

variable "icmp_flood_large_pings" {
  description = "Echo requests of 1,000 bytes and more of one source to one host in 10 s."
  default     = 50
}

variable "icmp_fragments_count" {
  description = "Fragments of ICMP to one host that begin after 9,000 bytes, in 10 s."
  default     = 150
}

variable "crafted_flood_packets" {
  description = "Packets of any source and destination that have the number of scapy, in 5 s."
  default     = 200
}

variable "http_flood_page_requests" {
  description = "Requests of one source to one host for its first page in 10 s."
  default     = 100
}

variable "unfinished_requests_connections" {
  description = "Connections to one port of one host with a short request that does not end, in 60 s."
  default     = 25
}

variable "empire_pages_calls" {
  description = "Requests of one client to one server in 10 min for the pages of Empire's default profile."
  default     = 5
}

variable "http_basic_guessing_requests" {
  description = "Different requests with a password of one client for one page of a web server in 60 s."
  default     = 6
}

variable "dns_two_answers_answers" {
  description = "Different answers to one question to DNS in 2 s that contradict each other."
  default     = 2
}
