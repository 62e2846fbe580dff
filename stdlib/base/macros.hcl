# What the shipped rules call things.

macro "new_connection" {
  description = "A TCP connection attempt: the first packet of the handshake (RFC 9293, section 3.5)."
  expr        = "tcp.flags.syn and not tcp.flags.ack"
}

macro "echo_request" {
  description = "A ping, ICMP (RFC 792) or ICMPv6 (RFC 4443)."
  expr        = "icmp.type == 8 or icmpv6.type == 128"
}

macro "service_answer" {
  description = "A UDP packet from the port of a well-known service to a client port: DNS, HTTP/3 and QUIC, NTP, STUN, IPsec, DTLS and DNS over QUIC."
  expr        = "udp.srcport in [53, 80, 123, 443, 500, 853, 3478, 4433, 4500] and udp.dstport >= 1024"
}

macro "dns_query" {
  description = "A question to a DNS server, not its answer."
  # The name is never empty (the root's is "<Root>"): that it is there at all is the point, so that a packet without one is passed by.
  expr = "not dns.flags.response and dns.qry.name != ''"
}

macro "to_outside" {
  description = "From one of our addresses to one host that is not ours; multicast and broadcast stay in the house."
  expr        = "ip.src in list.home_nets and not (ip.dst in list.home_nets) and not (ip.dst in list.group_nets)"
}

# The four probes below are of flags that no TCP sends (RFC 9293, section 3.10). Each names its bits: ECE and CWR are
# left alone, since they say nothing about the state of a connection (RFC 3168).

macro "null_probe" {
  description = "A TCP packet without any flag: nmap -sN."
  expr        = "tcp and not (tcp.flags.fin or tcp.flags.syn or tcp.flags.reset or tcp.flags.push or tcp.flags.ack or tcp.flags.urg)"
}

macro "fin_probe" {
  description = "A TCP packet with FIN alone, where a real end of a connection has ACK: nmap -sF."
  expr        = "tcp.flags.fin and not (tcp.flags.syn or tcp.flags.reset or tcp.flags.push or tcp.flags.ack or tcp.flags.urg)"
}

macro "xmas_probe" {
  description = "A TCP packet with FIN, PSH and URG and nothing else, lit like a Christmas tree: nmap -sX."
  expr        = "tcp.flags.fin and tcp.flags.push and tcp.flags.urg and not (tcp.flags.syn or tcp.flags.reset or tcp.flags.ack)"
}

macro "syn_fin_probe" {
  description = "A TCP packet that begins and ends a connection at once."
  expr        = "tcp.flags.syn and tcp.flags.fin"
}

macro "login_refused" {
  description = "A server's answer to a wrong password, in the clear: FTP, Telnet, SMTP, POP3, IMAP, HTTP, RTSP, SMB, LDAP, MQTT, SQL Server, MySQL, PostgreSQL, Redis, MongoDB, VNC, rsync, SOCKS."
  # FTP asks with 530 to log in, too, before anybody has tried. SMB has its status 12 bytes behind the length in version 2 and 9 in version 1: STATUS_LOGON_FAILURE. SQL Server's error is 18456, LDAP's result 49.
  expr = <<-EOT
    tcp.srcport in list.refusing_ports and (
      (tcp.srcport == 21 and payload startsWith '530' and not (payload startsWith '530 Please'))
      or (tcp.srcport in [25, 465, 587] and payload startsWith '535')
      or (tcp.srcport == 110 and payload startsWith '-ERR')
      or (tcp.srcport == 143 and payload contains ' NO ' and payload contains 'uthenticat')
      or (tcp.srcport in list.web_ports and (payload startsWith 'HTTP/1.1 401' or payload startsWith 'HTTP/1.0 401'))
      or (tcp.srcport in [554, 8554] and payload startsWith 'RTSP/1.0 401')
      or (tcp.srcport == 23 and payload contains 'ogin incorrect')
      or (tcp.srcport in [139, 445] and (payload[4:8] == b'\xfeSMB' and payload[12:16] == b'\x6d\x00\x00\xc0' or payload[4:8] == b'\xffSMB' and payload[9:13] == b'\x6d\x00\x00\xc0'))
      or (tcp.srcport == 389 and payload[0] == 0x30 and payload contains b'\x0a\x01\x31\x04')
      or (tcp.srcport == 1433 and payload[0] == 4 and payload contains b'\x18\x48\x00\x00')
      or (tcp.srcport == 3306 and payload contains '#28000')
      or (tcp.srcport == 5432 and payload startsWith 'E' and payload contains 'C28P01')
      or (tcp.srcport == 5900 and payload startsWith b'\x00\x00\x00\x01' and (payload contains 'fail' or payload contains 'oo many'))
      or (tcp.srcport == 6379 and (payload startsWith '-WRONGPASS' or payload startsWith '-ERR invalid password'))
      or (tcp.srcport == 873 and payload startsWith '@ERROR: auth failed')
      or (tcp.srcport == 1080 and tcp.len == 2 and payload[0] == 1 and payload[1] != 0)
      or (tcp.srcport == 27017 and payload contains 'AuthenticationFailed')
      or (tcp.srcport == 1883 and payload[0] == 0x20 and (payload[1] == 2 and payload[3] in [4, 5] or payload[3] in [0x86, 0x87]))
    )
  EOT
}

macro "http_request" {
  description = "The beginning of an HTTP request without TLS: GET, HEAD or POST."
  # Bytes, not startsWith: of G E and a space, P O and H E, which compare faster than texts are looked for.
  expr = "tcp.dstport in list.web_ports and (payload[0] == 71 and payload[1] == 69 and payload[3] == 32 or payload[4] == 32 and (payload[0] == 80 and payload[1] == 79 or payload[0] == 72 and payload[1] == 69))"
}

macro "web_asked" {
  description = "A client that has something to say to a web server: a request of HTTP without TLS, or a ClientHello, by their first bytes. Its handshake is complete."
  expr        = "http_request or (tcp.dstport in [443, 8443] and payload startsWith b'\\x16\\x03' and payload[5] == 1)"
}

macro "web_used" {
  description = "A client asks a web server for something whole, in one segment: a head of HTTP with its end, or a ClientHello. Slow HTTP begins with a piece of a head."
  expr        = "web_asked and (payload[0] == 22 or payload contains b'\\r\\n\\r\\n')"
}

macro "database_asked" {
  description = "A client asks MySQL (COM_QUERY, COM_STMT_PREPARE and COM_STMT_EXECUTE at the beginning of a sequence) or PostgreSQL (Query, Parse, Bind) for something, which either answers after a login only."
  # https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_command_phase.html, https://www.postgresql.org/docs/current/protocol-message-formats.html
  expr = "tcp.dstport == 3306 and payload[3] == 0 and payload[4] in [3, 22, 23] or tcp.dstport == 5432 and payload[0] in [66, 80, 81] and payload[1] == 0"
}

macro "connection_signs" {
  description = "What tells a client's connections apart from a flood: their SYN, their end, and what a web server is asked on them."
  expr        = "new_connection or tcp.flags.fin or tcp.flags.reset or web_asked"
}

macro "http_answer" {
  description = "The beginning of an HTTP answer without TLS."
  # H T and a slash behind HTTP; payload[9] is the first digit of the status.
  expr = "tcp.srcport in list.web_ports and payload[0] == 72 and payload[1] == 84 and payload[4] == 47 and payload[8] == 32"
}

macro "login_failed" {
  description = "A login with a name that did not succeed, by the log of a host."
  expr        = "auth.result == 'failure'"
}
