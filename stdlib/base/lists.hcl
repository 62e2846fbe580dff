# Lists that the shipped rules share. The entries are variables, so that a site sets its own without copying a rule:
#   ruleids run --set 'home_nets=["10.0.0.0/8", "203.0.113.0/24"]' -r capture.pcap

variable "home_nets" {
  description = "Networks that are ours: RFC 1918, loopback, link-local (RFC 3927, RFC 4291) and unique local addresses (RFC 4193). A site with public addresses adds them."
  default = [
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "::1/128",
    "fe80::/10",
    "fc00::/7",
  ]
}

list "home_nets" {
  description = "Networks that are ours; from the variable of the same name."
  type        = "ip"
  values      = var.home_nets
}

variable "own_nets" {
  description = "Networks of global IPv6 addresses of the host that looks at the packets. The daemon knows them; a replay is given those of the sensor."
  default     = []
}

list "home_nets" {
  append = true
  values = var.own_nets
}

variable "own_macs" {
  description = "Hardware addresses of the interfaces, bridges and virtual machines of the host that looks at the packets: they may speak for other hosts. The daemon knows them; a replay is given those of the sensor."
  default     = []
}

list "own_macs" {
  description = "Hardware addresses that may speak for other hosts; from the variable of the same name."
  type        = "string"
  values      = var.own_macs
}

list "group_nets" {
  description = "Destinations that are many hosts at once: IPv4 multicast (RFC 5771), IPv6 multicast (RFC 4291) and the limited broadcast address (RFC 919)."
  type        = "ip"
  values      = ["224.0.0.0/4", "ff00::/8", "255.255.255.255"]
}

list "loopback_nets" {
  description = "A host's addresses for itself (RFC 1122, RFC 4291)."
  type        = "ip"
  values      = ["127.0.0.0/8", "::1"]
}

variable "c2_ports" {
  description = "Ports that well-known backdoors and command-and-control frameworks listen on by default."
  default = [
    1337,        # assorted shells
    4444, 4445,  # Metasploit and Meterpreter
    5554,        # the FTP server of Sasser
    5555,        # assorted remote access tools, and Android's debug bridge left open
    "6666-6669", # IRC, the oldest channel of botnets
    12345,       # NetBus
    12346,       # NetBus
    20034,       # NetBus 2
    27374,       # SubSeven
    31337,       # Back Orifice
    31338,       # Back Orifice, DeepBO
    54321,       # Back Orifice 2000, SchoolBus
  ]
}

list "c2_ports" {
  description = "Ports that backdoors listen on; from the variable of the same name."
  type        = "port"
  values      = var.c2_ports
}

variable "login_ports" {
  description = "Ports of services that ask for a password: FTP, SSH, Telnet, SMTP, POP3, IMAP, SMB, SQL Server, MySQL, RDP, PostgreSQL, VNC."
  default     = [21, 22, 23, 25, 110, 143, 445, 1433, 3306, 3389, 5432, 5900]
}

list "login_ports" {
  description = "Ports where passwords are guessed; from the variable of the same name."
  type        = "port"
  values      = var.login_ports
}

list "web_ports" {
  description = "Ports of web servers that speak without TLS."
  type        = "port"
  values      = [80, 81, 591, 3000, 4280, 5000, 5001, 8000, 8001, 8008, 8080, 8081, 8082, 8083, 8088, 8090, 8180, 8888, 9000, 9080, 9090, 9100]
}

list "refusing_ports" {
  description = "Ports whose answers to a wrong password login_refused knows."
  type        = "port"
  values      = [21, 23, 25, 80, 81, 110, 139, 143, 389, 445, 465, 554, 587, 591, 873, 1080, 1433, 1883, 3000, 3306, 4280, 5000, 5001, 5432, 5900, 6379, 8000, 8001, 8008, 8080, 8081, 8082, 8083, 8088, 8090, 8180, 8554, 8888, 9000, 9080, 27017]
}

list "sweep_udp_ports" {
  description = "UDP services that are looked for host by host: TFTP, portmapper, SNMP, XDMCP, CLDAP, ISAKMP, IPMI, SQL Server, SSDP, RDP, SIP, CoAP, memcached, BACnet."
  type        = "port"
  values      = [69, 111, 161, 177, 389, 500, 623, 1434, 1900, 3389, 5060, 5683, 11211, 47808]
}

list "udp_service_ports" {
  description = "UDP services whose answers go to any port of a client: DNS, DHCP, TFTP, NTP, NetBIOS, SNMP, CLDAP, HTTP/3, ISAKMP, RADIUS (and its dynamic authorization), OpenVPN, STUN and TURN, IPsec, L2TP, H.323, SIP, mDNS, LLMNR, WireGuard, VXLAN, WS-Discovery, SSDP."
  type        = "port"
  values      = [53, 67, 69, 123, 137, 161, 389, 443, 500, 1194, 1645, 1646, 1701, 1718, 1719, 1812, 1813, 1900, 3478, 3479, 3702, 3799, 4500, 4789, 5060, 5061, 5349, 5353, 5355, 19302, 51820]
}

list "reflector_ports" {
  description = "UDP services that are abused as reflectors: chargen, DNS, portmapper, NTP, NetBIOS, SNMP, CLDAP, ISAKMP, SSDP, ARMS, WS-Discovery, CoAP, Ubiquiti, memcached, game servers, DHCPDiscover, BACnet."
  type        = "port"
  values      = [17, 19, 53, 111, 123, 137, 161, 389, 500, 1900, 3283, 3702, 5683, 10001, 11211, 27015, 30120, 37810, 47808]
}

variable "content_domains" {
  description = "Domains of clouds, content networks, makers of virus scanners and block lists of mail (RFC 5782), whose own name servers answer for all names there: no tunnel ends behind them."
  default = [
    "amazonaws.com", "cloudfront.net", "akamai.net", "akamaiedge.net", "akamaihd.net", "akamaized.net", "edgekey.net", "edgesuite.net",
    "azureedge.net", "azurefd.net", "trafficmanager.net", "windows.net", "footprintdns.com", "fastly.net", "fbcdn.net", "googlevideo.com",
    "googleusercontent.com", "gvt1.com", "gvt2.com", "aaplimg.com", "mcafee.com", "sophosxl.net", "e5.sk",
    "1e100.net", "adsafeprotected.com", "aiv-cdn.net", "akadns.net", "alicdn.com", "amazon.com", "apple-dns.net", "apple.com", "appspot.com", "awsglobalaccelerator.com", "azure-devices.net", "azure.com", "azure.net", "azurewebsites.net",
    "b-cdn.net", "bing.com", "cdn-apple.com", "cdn77.org", "cedexis-radar.net", "cloudapp.net", "cloudflare.net", "demdex.net", "doubleclick.net", "edgecastcdn.net", "facebook.com", "fbsbx.com", "force.com",
    "ggpht.com", "gmodules.com", "google.com", "googleapis.com", "googlednstest.com", "googlesyndication.com", "gstatic.com", "hwcdn.net", "icloud-content.com", "icloud.com", "impervadns.net", "incapdns.net", "live.com",
    "llnwd.net", "media-amazon.com", "microsoft.com", "microsoftonline.com", "msedge.net", "mzstatic.com", "netflix.com", "nflxso.net", "nflxvideo.net", "nr-data.net", "office.com", "office.net", "office365.com", "omtrdc.net",
    "outlook.com", "pndsn.com", "run.app", "salesforce.com", "scdn.co", "sharepoint.com", "skype.com", "spotify.com", "tiktokcdn.com", "trendmicro.com", "ttvnw.net", "twimg.com", "whatsapp.net", "windows.com", "windowsupdate.com", "xboxlive.com", "yahoodns.net", "youtube.com",
    "spamhaus.org", "surbl.org", "uribl.com", "barracudacentral.org", "spamcop.net", "dnswl.org", "cymru.com", "opendns.com", "mailshell.net", "sorbs.net",
  ]
}

list "content_domains" {
  description = "Domains whose names are long and carry nothing; from the variable of the same name."
  type        = "domain"
  values      = var.content_domains
}

variable "monitors" {
  description = "Hosts that look after all others: they ping them, connect to their services and ask for their metrics, as a sweep does."
  default     = []
}

variable "shared_addresses" {
  description = "IPv4 addresses that pass from one host to another: of virtual routers (VRRP, HSRP, CARP) without a hardware address of their own, of clusters and load balancers."
  default     = []
}

list "shared_addresses" {
  description = "Addresses that pass from one host to another; from the variable of the same name."
  type        = "ip"
  values      = var.shared_addresses
}

variable "resolvers" {
  description = "Resolvers that ask for others, whose questions to them are looked at already."
  default     = []
}

list "resolvers" {
  description = "Resolvers that ask for others; from the variable of the same name."
  type        = "ip"
  values      = var.resolvers
}

list "monitors" {
  description = "Hosts that look after all others; from the variable of the same name."
  type        = "ip"
  values      = var.monitors
}

list "superusers" {
  description = "Accounts that may do everything, in lower case; from the variable of the same name."
  type        = "string"
  values      = var.superusers
}

variable "machine_accounts" {
  description = "Accounts that programs log in to by themselves, at any hour."
  default     = ["ansible", "backup", "barman", "borg", "deploy", "git", "gitlab-runner", "icinga", "jenkins", "monitor", "munin", "nagios", "replication", "repl", "rsync", "zabbix"]
}

list "machine_accounts" {
  description = "Accounts of programs; from the variable of the same name."
  type        = "string"
  values      = var.machine_accounts
}

list "scanner_agents" {
  description = "Parts of the names under which tools that attack web servers send requests, in lower case; from the variable of the same name."
  type        = "string"
  values      = var.scanner_agents
}

list "scanner_agent_lines" {
  description = "The line of a request in which one of the scanner_agents says its name, as regular expressions."
  type        = "string"
  values      = [for name in var.scanner_agents : "(?i)\\nuser-agent:[^\\r\\n]*${name}"]
}

list "password_fields" {
  description = "Names of fields with a password, in lower case, as forms and JSON write them, and the call by which WordPress takes one over XML-RPC."
  type        = "string"
  values      = ["password=", "passwd=", "&pass=", "&pwd=", "\"password\"", "\"passwd\"", "\"pass\"", "\"pwd\"", "wp.getusersblogs"]
}

list "sql_pieces" {
  description = "Pieces of SQL that attacks on web servers send, in lower case, as they are and encoded for a URL."
  type        = "string"
  values = [
    "union%20select", "union+select", "union select", "union/**/select", "union%20all%20select", "union+all+select", "union all select",
    "information_schema", "sysibm.sysdummy", "rdb$fields", "sleep%28", "sleep(", "benchmark%28", "benchmark(", "randomblob%28", "waitfor%20delay", "waitfor+delay", "dbms_pipe", "utl_inaddr",
    "extractvalue%28", "extractvalue(", "updatexml%28", "updatexml(", "%27%20or%20%27", "'%20or%20'", "%27+or+%27", "%28select%20", "(select%20", "case%20when%20",
  ]
}

list "exploit_pieces" {
  description = "What each of exploit_lines has in it, in lower case."
  type        = "string"
  values = [
    "../../../", "..%2f..", "..%5c..", "..\\..", "%2e%2e", ".%2e/", "%2e./", "etc/passwd", "etc%2fpasswd", "etc/shadow", "etc%2fshadow",
    "$${jndi:", "$%7bjndi:", "$${$${", "() {", "(){", "<script", "%3cscript", "onerror", "onload",
    "%27+or+", "%27%20or%20", "'+or+", "'%20or%20", "' or ", "%27+and+", "%27%20and%20", "'%20and%20", "%27+union+", "%27%20union%20", "'+union+", "'%20union%20",
    ";cat", "|cat", "%7ccat", "%3bcat", "%20cat", "+cat", ";id", "|id", "%3bid", "%7cid", "$(", "%24%28", "wget%20", "wget+", "curl%20", "curl+", ";uname", "|uname", "whoami",
  ]
}

list "exploit_lines" {
  description = "Attacks in a request as regular expressions: a path that climbs, a file of passwords, a lookup of JNDI, a function of a shell, a script and a command; and a quote that ends a string of SQL, with a comparison or UNION SELECT behind it."
  type        = "string"
  values = [
    "(?i)(?:'|%27)(?:\\+|%20| |\\)|%29)*(?:\\+|%20| )(?:or|and)(?:\\+|%20| )+(?:'|%27)?[0-9a-z]{1,8}(?:'|%27)?(?:\\+|%20| )*(?:=|%3d)(?:\\+|%20| )*(?:'|%27)?[0-9a-z]",
    "(?i)(?:'|%27)(?:\\+|%20| |\\)|%29)[^ \\r\\n]{0,40}union(?:\\+|%20)+(?:all(?:\\+|%20)+)?select(?:\\+|%20)[^ \\r\\n]{0,100}(?:,|%2c|(?:\\+|%20)from(?:\\+|%20))",
    "(?i)^[A-Z]+ [^ \\r\\n]*(?:(?:\\.|%2e){2}(?:/|%2f|\\\\|%5c)){3}",
    "(?i)^[A-Z]+ [^ \\r\\n]*(?:/|%2f)etc(?:/|%2f)(?:passwd|shadow)",
    "(?i)\\$(?:\\{|%7b)(?:jndi:|\\$(?:\\{|%7b))",
    "\\n[A-Za-z-]+: *\\(\\) *\\{",
    "(?i)^[A-Z]+ [^ \\r\\n]*(?:<|%3c)(?:script|(?:img|svg|body)[^ \\r\\n]*on(?:error|load)(?:=|%3d))",
    "(?i)^[A-Z]+ [^ \\r\\n]*(?:;|%3b|\\||%7c|&&|%26%26|\\$\\(|%24%28)(?:\\+|%20)*(?:cat|id|wget|curl|uname|whoami)(?:\\+|%20|;|%3b|\\)|%29| HTTP)",
  ]
}

list "hidden_file_paths" {
  description = "Ends of paths of files that are in the directory of a web server by mistake, in lower case."
  type        = "string"
  values = [
    "/.env ", "/.git/config ", "/.git/head ", "/.svn/entries ", "/.svn/wc.db ", "/.aws/credentials ", "/.ssh/id_", "/id_rsa ", "/.htpasswd ", "/.ds_store ",
    "/wp-config.php.", "/wp-config.bak ", "config.php~ ", "/backup.sql ", "/dump.sql ", "/database.sql ", "/phpinfo.php ", "/server-status ",
  ]
}

list "malware_agents" {
  description = "What programs that load malware, and malware itself, write as their User-Agent."
  type        = "string"
  values      = ["User-Agent: CertUtil URL Agent", " WindowsPowerShell/", "User-Agent: Hello, World\r\n", "User-Agent: Hello, world\r\n", "User-Agent: Mozila/"]
}
