#!/usr/bin/env bash
# Attacks by real tools, with options that no rule was made for, and everyday traffic: what do the shipped rules find,
# and what do they raise for nothing?
#
#   testdata/lab/detection.sh RULEIDS DIR            records all of it to DIR, then judges
#   testdata/lab/detection.sh RULEIDS DIR NAME...    records only these, then judges all that is there
#   testdata/lab/detection.sh --judge RULEIDS DIR    judges what is there
#   testdata/lab/detection.sh --packages             the Debian packages with the tools that it needs
#
# The table goes to standard output and to DIR/detection.md. Its networks are those of record.sh, in namespaces of their
# own: LAB_NETWORKS of them record at once, 4 unless told, since most of a recording is waiting; each takes 1 GB of memory.
# Captures are large and not kept in the repository; times decide much, so that another run finds a little more or less.
set -euo pipefail

LAB_NAMESPACE=${LAB_NAMESPACE:-ruleids-det}
# shellcheck source=testdata/lab/record.sh
source "$(dirname "${BASH_SOURCE[0]}")/record.sh"
# shellcheck source=testdata/lab/everyday.sh
source "$here/everyday.sh"
# shellcheck source=testdata/lab/workday.sh
source "$here/workday.sh"

tools() {
	everyday_tools
	workday_tools
	cat <<-LIST
		ip iproute2
		ethtool ethtool
		tcpdump tcpdump
		tshark tshark
		capinfos wireshark-common
		python3 python3
		nmap nmap
		masscan masscan
		hping3 hping3
		arpspoof dsniff
		macof dsniff
		hydra hydra
		medusa medusa
		ncrack ncrack
		iodine iodine
		dns2tcpc dns2tcp
		zmap zmap
		nping nmap
		ptunnel-ng ptunnel-ng
		ptunnel ptunnel
		slowhttptest slowhttptest
		dnsrecon dnsrecon
		fierce fierce
		arp-scan arp-scan
		netdiscover netdiscover
		ettercap ettercap-text-only
		atk6-flood_router26 thc-ipv6
		siege siege
		ab apache2-utils
		onesixtyone onesixtyone
		svwar sipvicious
		smbclient smbclient
		smbd samba
		dirb dirb
		gobuster gobuster
		ffuf ffuf
		sqlmap sqlmap
		yersinia yersinia
		fping fping
		nginx nginx-light
		dovecot dovecot-imapd
		unbound unbound
		rsync rsync
		iperf3 iperf3
		git git
		chromium chromium
		sshd openssh-server
		vsftpd vsftpd
		dnsmasq dnsmasq-base
		redis-server redis-server
		snmpd snmpd
		dig bind9-dnsutils
		curl curl
		nc netcat-openbsd
		patator patator
		wrk wrk
		nbtscan nbtscan
		dropbear dropbear-bin
		mosquitto mosquitto
		mosquitto_pub mosquitto-clients
		mariadbd mariadb-server
		xrdp xrdp
		arping arping
		t50 t50
		braa braa
		pnscan pnscan
		scanssh scanssh
		dnsenum dnsenum
		wapiti wapiti
		wfuzz wfuzz
		xxd xxd
		ike-scan ike-scan
		whatweb whatweb
		mausezahn netsniff-ng
		snmpget snmp
		python3 python3-scapy
	LIST
}

# --- services ---------------------------------------------------------------------------------

services() {
	local number
	ssh-keygen -q -t ed25519 -N '' -f "$work/host_key"
	ssh-keygen -q -t ed25519 -N '' -f "$work/user_key"
	cp "$work/user_key.pub" "$work/authorized"
	printf '%s\n' "HostKey $work/host_key" 'UsePAM no' 'Subsystem sftp internal-sftp' 'PermitRootLogin yes' 'StrictModes no' "AuthorizedKeysFile $work/authorized" "PidFile $work/sshd.pid" >"$work/sshd.conf"
	# shellcheck disable=SC2016
	serve files bash -c 'mount -t tmpfs none /run && mkdir /run/sshd && exec "$(command -v sshd)" -D -f "$1"' sshd "$work/sshd.conf"
	mkdir "$work/empty" "$work/site" "$work/repo"
	printf '%s\n' listen=YES anonymous_enable=NO local_enable=YES "secure_chroot_dir=$work/empty" background=NO >"$work/vsftpd.conf"
	chown root:root "$work/vsftpd.conf"
	serve files vsftpd "$work/vsftpd.conf"
	serve files python3 "$here/refuse.py" smtp=25 telnet=23 sip=5060 vnc=5900 ldap=389 postgres=5432 proxy=3128 socks=1080
	serve files redis-server --bind 0.0.0.0 --requirepass lab --save '' --dir "$work"
	printf '%s\n' 'rocommunity lab-community' 'agentaddress udp:161' >"$work/snmpd.conf"
	serve files snmpd -f -C -c "$work/snmpd.conf" -p "$work/snmpd.pid"
	printf '%s\n' "base_dir = $work/dovecot" "log_path = $work/dovecot.log" 'protocols = imap pop3' 'ssl = no' 'disable_plaintext_auth = no' \
		'listen = *' 'mail_location = maildir:/tmp' 'default_internal_user = nobody' 'default_login_user = nobody' \
		'passdb {' 'driver = static' 'args = password=a-word-that-no-list-has' '}' 'userdb {' 'driver = static' 'args = uid=65534 gid=65534 home=/tmp' '}' >"$work/dovecot.conf"
	serve files dovecot -F -c "$work/dovecot.conf"
	mkdir "$work/samba"
	printf '%s\n' '[global]' "private dir = $work/samba" "state directory = $work/samba" "cache directory = $work/samba" "lock directory = $work/samba" \
		"pid directory = $work/samba" "ncalrpc dir = $work/samba/rpc" 'log file = /dev/null' 'map to guest = never' 'load printers = no' >"$work/smb.conf"
	serve files smbd -D -s "$work/smb.conf"
	printf 'admin:a-word-that-no-list-has\n' >"$work/rsyncd.words"
	chmod 600 "$work/rsyncd.words"
	printf '[data]\npath = %s\nread only = no\nuid = root\ngid = root\nuse chroot = no\n[secret]\npath = %s\nauth users = admin\nsecrets file = %s\n' "$work/repo" "$work/repo" "$work/rsyncd.words" >"$work/rsyncd.conf"
	serve files rsync --daemon --no-detach --config="$work/rsyncd.conf"

	for number in {1..120}; do head -c $((number * 900)) /dev/urandom >"$work/site/$number.bin"; done
	head -c 4000000 /dev/urandom >"$work/site/large.bin"
	python3 -c 'print("<title>Lab</title>" + "".join(f"<img src=/{i}.bin>" for i in range(1, 60)))' >"$work/site/index.html"
	chmod a+rx "$work"
	chmod -R a+rX "$work/site"
	openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=www.example.com -days 30 -keyout "$work/tls.key" -out "$work/tls.crt" 2>/dev/null
	printf 'admin:%s\n' "$(openssl passwd -6 a-word-that-no-list-has)" >"$work/htpasswd"
	cat >"$work/nginx.conf" <<-CONF
		daemon off; master_process off; user root; pid $work/nginx-\$\$.pid; error_log /dev/null;
		events { worker_connections 1000; }
		http {
			access_log off; client_body_temp_path $work/body; proxy_temp_path $work/proxy; fastcgi_temp_path $work/fastcgi; uwsgi_temp_path $work/uwsgi; scgi_temp_path $work/scgi;
			server {
				listen 80; listen 8080; listen 443 ssl http2; ssl_certificate $work/tls.crt; ssl_certificate_key $work/tls.key; root $work/site;
				location /private { auth_basic lab; auth_basic_user_file $work/htpasswd; }
				location = /healthz { return 200 "ok\n"; }
				location = /upload { proxy_pass http://127.0.0.1:8080/healthz; }
				location = /login-api { return 401 "wrong\n"; }
				location = /login-page { return 200 "<p>wrong\n"; }
				location = /session { return 302 /login; }
				location = /xmlrpc.php { return 200 "<methodResponse><fault>403</fault></methodResponse>\n"; }
			}
		}
	CONF
	for name in web server farm; do
		sed "s/nginx-\\$\\$/nginx-$name/" "$work/nginx.conf" >"$work/nginx-$name.conf"
		serve "$name" nginx -c "$work/nginx-$name.conf"
	done

	serve server dnsmasq --no-daemon --no-resolv --no-hosts --conf-file=/dev/null --user=nobody "--address=/#/192.0.2.80" --listen-address=192.0.2.80 --bind-interfaces --pid-file="$work/dnsmasq.pid"
	ip -n "$ns-server" address add 192.0.2.54/24 dev eth0
	printf '%s\n' 'listen = 192.0.2.54' 'port = 53' 'user = root' "chroot = $work/empty" 'domain = d.example.org' 'key = lab' 'resources = ssh:10.0.0.20:22' >"$work/dns2tcpd.conf"
	mkfifo "$work/silence" # it reads from its standard input all the time where that has ended
	# shellcheck disable=SC2016
	serve server bash -c 'exec dns2tcpd -F -d 1 -f "$1" <>"$2"' dns2tcpd "$work/dns2tcpd.conf" "$work/silence"
	printf '%s\n' 'server:' ' directory: ""' ' chroot: ""' ' username: ""' ' pidfile: ""' ' interface: 10.0.0.53' ' access-control: 0.0.0.0/0 allow' ' do-not-query-localhost: no' ' module-config: "iterator"' \
		' local-zone: "example." nodefault' ' local-zone: "example.com." typetransparent' ' local-data: "example.com. NS ns1.example.com."' ' local-data: "example.com. SOA ns1.example.com. root.example.com. 1 3600 600 86400 60"' 'forward-zone:' ' name: "."' ' forward-addr: 192.0.2.80' >"$work/unbound.conf"
	serve dns unbound -d -c "$work/unbound.conf"
	serve server iodined -f -c -P lab-only -n 192.0.2.53 -l 192.0.2.53 10.53.0.1/24 t.example.org
	serve server iperf3 -s
	serve files iperf3 -s
	# shellcheck disable=SC2016
	(cd "$work/repo" && git init -q . && for number in {1..200}; do head -c 20000 /dev/urandom >"f$number"; done && git add . && git -c user.name=lab -c user.email=lab@example.com commit -qm Files)
	serve files git daemon --export-all --base-path="$work" "$work/repo"
	dropbearkey -t ed25519 -f "$work/dropbear_key" >/dev/null 2>&1
	: >"$work/mqtt.words"
	mosquitto_passwd -b "$work/mqtt.words" admin a-word-that-no-list-has
	printf '%s\n' 'listener 1883 0.0.0.0' 'allow_anonymous false' "password_file $work/mqtt.words" 'user root' >"$work/mosquitto.conf"
	serve files mosquitto -c "$work/mosquitto.conf"
	mariadb-install-db --no-defaults --user=root --datadir="$work/mysql" --skip-test-db >>"$work/files.log" 2>&1
	printf '%s\n' "CREATE USER 'root'@'%' IDENTIFIED BY 'a-word-that-no-list-has';" >"$work/mysql.sql"
	serve files mariadbd --no-defaults --user=root --datadir="$work/mysql" --bind-address=0.0.0.0 --socket="$work/mysql.sock" --pid-file="$work/mysql.pid" --init-file="$work/mysql.sql"
	# shellcheck disable=SC2016
	serve files bash -c 'mount -t tmpfs none /run && mkdir /run/xrdp && exec xrdp --nodaemon'
	# shellcheck disable=SC2016
	printf '#!/bin/sh\nhost=$1\nshift\nexec ip netns exec %s-$host "$@"\n' "$ns" >"$work/also"
	chmod +x "$work/also"
	answers files 22
	answers files 21
	answers web 80
	answers server 80
	answers files 445
	answers files 3306
	answers files 1883
}

# --- recordings -------------------------------------------------------------------------------

names=()
# attack NAME RULES HOST COMMAND records an attack that one of the rules is to find. It is a line of the shell, on that host.
attack() { names+=("$1"); want[$1]=$2; from[$1]=$3; how[$1]=$4; }
# unseen is attack for one that the numbers of no rule were chosen by: a third, which is counted by itself.
unseen() { attack "$@"; held[$1]=first; }
# second is unseen for one of a second such set: what was found of it at first is in docs/rules/README.md.
second() { attack "$@"; held[$1]=second; class[$1]=$of; }
# third is second for one of the set after that; of host made or link, the command is the name of a capture that is made and not recorded.
third() { attack "$@"; held[$1]=third; class[$1]="third, $of"; }
# class NAME is what those of the second and third set that come after it are.
class() { of=$1; }
# benign NAME HOST COMMAND records everyday traffic.
benign() { names+=("$1"); want[$1]=; from[$1]=$2; how[$1]=$3; }
# everyday is benign for traffic that no number of a rule was chosen by; long is everyday of ten minutes.
everyday() { benign "$@"; held[$1]=everyday; }
long() { everyday "$@"; span[$1]=630; }
# workday is everyday for a second such set: what was raised on it at first is in docs/rules/README.md.
workday() { benign "$@"; held[$1]=workday; }
declare -A want from how held class span
of=

# The long ones come first, so that no network waits for one at the end.
# shellcheck disable=SC1091
source "$here/everyday.list"
# shellcheck disable=SC1091
source "$here/workday.list"
# shellcheck disable=SC1091
source "$here/detection.list"

record() {
	local name=$1 host=${from[$1]}
	if [[ $host == made || $host == link ]]; then
		/usr/bin/python3 "$here/$host.py" "${how[$name]}" "$dir/$name.pcap"
		return
	fi
	ip netns exec "$ns-router" tcpdump -i home -n -U --immediate-mode -B 32768 -s 1600 -c $((60000 * (${span[$name]:-60} / 60))) -w "$dir/$name.pcap" 2>"$work/tcpdump.log" &
	dump_pid=$!
	for _ in {1..100}; do
		grep -q 'listening on' "$work/tcpdump.log" && break
		sleep 0.05
	done
	# In the background a signal ends the wait at once; tools are stopped by INT, which bash has background jobs ignore.
	on "$host" env --default-signal=INT NS="$ns" timeout -s INT -k 5 "${span[$name]:-${LAB_SECONDS:-75}}" bash -c "cd $work; ${how[$name]}" >"$dir/$name.log" 2>&1 </dev/null &
	wait $! || true
	sleep 1.5 # until the kernel has handed out what it has
	kill "$dump_pid" 2>/dev/null || true
	wait "$dump_pid" || true
	dump_pid=
	printf '%s %s packets\n' "$name" "$(capinfos -TMrc "$dir/$name.pcap" | cut -f 2)" >&2
}

# --- judging ----------------------------------------------------------------------------------

# optional says in a rule file that all rules that are shipped with enabled = false are on.
optional() {
	grep -l '^  enabled *= false' "$here"/../../stdlib/*/*.hcl | while read -r file; do
		printf 'override "%s" { enabled = true }\n' "$(sed -n 's/^rule "\(.*\)" {/\1/p' "$file")"
	done >"$1"
}

judge() {
	local name fired all flows alerts of found=0 more=0 attacks=0 packets=0 total=0 false=0 list=$dir/optional.hcl
	local -A there=() met=() held_flows=() held_alerts=() # by set that is held out, and of attacks by class of the second and third
	optional "$list"
	{
		printf '%s\n' '| attack | rules that are to find it | found | what fired |' '| --- | --- | --- | --- |'
		for name in "${names[@]}"; do
			[[ -n ${want[$name]} && -s $dir/$name.pcap ]] || continue
			fired=$(fires "$name")
			attacks=$((attacks + 1)) all=no
			for of in ${held[$name]:+"${held[$name]}"} ${class[$name]:+"${class[$name]}"}; do there[$of]=$((${there[$of]:-0} + 1)); done
			if meets "${want[$name]}" "$fired"; then
				found=$((found + 1)) all=yes
				for of in ${held[$name]:+"${held[$name]}"} ${class[$name]:+"${class[$name]}"}; do met[$of]=$((${met[$of]:-0} + 1)); done
			elif meets "${want[$name]}" "$(fires "$name" --rules "$list")"; then
				more=$((more + 1)) all='by a rule that is off'
			fi
			# shellcheck disable=SC2016 # the backticks are of the table
			printf '| `%s` | %s | %s | %s |\n' "$name" "${want[$name]}" "$all" "${fired:-nothing}"
		done
		printf '\nFound: %d of %d, %d more by rules that are shipped off. Of sets that no number was chosen by, and classes of the second and third:\n\n' "$found" "$attacks" "$more"
		for of in "${!there[@]}"; do printf '%s: %d of %d\n' "$of" "${met[$of]:-0}" "${there[$of]}"; done | LC_ALL=C sort
		printf '\n'
		printf '%s\n' '| everyday traffic | packets | flows | alerts | of |' '| --- | ---: | ---: | ---: | --- |'
		for name in "${names[@]}"; do
			[[ -z ${want[$name]} && -s $dir/$name.pcap ]] || continue
			packets=$(capinfos -TMrc "$dir/$name.pcap" | cut -f 2)
			flows=$(tshark -r "$dir/$name.pcap" -Y 'ip or ipv6' --enable-protocol communityid -T fields -e communityid 2>/dev/null | sort -u | wc -l)
			alerts=$("$ruleids" run -r "$dir/$name.pcap" --format json 2>/dev/null | wc -l)
			# shellcheck disable=SC2016 # the backticks are of the table
			printf '| `%s` | %d | %d | %d | %s |\n' "$name" "$packets" "$flows" "$alerts" "$(fires "$name")"
			total=$((total + flows)) false=$((false + alerts))
			of=${held[$name]-}
			[[ -z $of ]] || held_flows[$of]=$((${held_flows[$of]:-0} + flows)) held_alerts[$of]=$((${held_alerts[$of]:-0} + alerts))
		done
		printf '\n%d alerts in %d flows of everyday traffic. Of sets that no number was chosen by:\n\n' "$false" "$total"
		for of in "${!held_flows[@]}"; do printf '%s: %d alerts in %d flows\n' "$of" "${held_alerts[$of]}" "${held_flows[$of]}"; done | LC_ALL=C sort
	} | tee "$dir/detection.md"
}

# fires NAME OPTIONS... names the rules that fire on a recording.
fires() {
	"$ruleids" run -r "$dir/$1.pcap" --format json "${@:2}" 2>/dev/null | sed -n 's/.*"ruleids":{"rule":"\([a-z0-9_]*\)".*/\1/p' | LC_ALL=C sort -u | tr '\n' ' ' | sed 's/ $//'
}

meets() {
	local rule
	for rule in $1; do
		[[ " $2 " != *" $rule "* ]] || return 0
	done
	return 1
}

# network TAKEN NAME... builds a network, and records in it what no other network has taken: for each name that is, TAKEN has a directory.
network() {
	local taken=$1 name turn
	work=$(mktemp -d)
	ln -s /usr/bin/python3 "$work/python3" # the packages are for that one
	PATH=$work:$PATH
	trap down EXIT
	trap 'exit 130' INT TERM
	seq -f 'word%g' 60 >"$work/words.txt"
	seq -f 'user%g' 30 >"$work/users.txt"
	{ seq -f 'name%g' 150; printf '%s\n' www mail; } >"$work/names.txt"
	{ seq -f 'page%g' 400; printf '%s\n' admin login backup private; } >"$work/pages.txt"
	exec {turn}<"$taken" # services start slowly where several networks are built at once
	flock "$turn"
	build
	services
	everyday_services
	workday_services
	flock -u "$turn"
	for name in "${@:2}"; do
		if mkdir "$taken/$name" 2>/dev/null; then record "$name"; fi
	done
}

# networks NAME... records in several networks at once.
networks() {
	local number count=${LAB_NETWORKS:-4} failed=
	((count < $#)) || count=$#
	taken=$(mktemp -d)
	pids=()
	trap 'kill "${pids[@]}" 2>/dev/null || true; wait; rm -rf "$taken"' EXIT
	trap 'exit 130' INT TERM
	for ((number = 1; number <= count; number++)); do
		LAB_NAMESPACE=$ns$number "${BASH_SOURCE[0]}" --network "$taken" "$dir" "$@" &
		pids+=($!)
	done
	for number in "${pids[@]}"; do wait "$number" || failed=yes; done
	trap - EXIT INT TERM
	rm -rf "$taken"
	[[ -z $failed ]] || die "a network failed, as is said above; judge what is recorded with: $here/detection.sh --judge $ruleids $dir"
}

detection() {
	local record=yes name chosen=("${names[@]}")
	case ${1-} in
	--packages)
		tools | cut -d' ' -f2 | sort -u
		return
		;;
	--network)
		dir=$3
		network "$2" "${@:4}"
		return
		;;
	--judge)
		record=no
		shift
		;;
	esac
	(($# >= 2)) || die "say where the program is, and a directory for the captures"
	ruleids=$(realpath "$1")
	mkdir -p "$2"
	dir=$(realpath "$2")
	shift 2
	if [[ $record == yes ]]; then
		need
		! ip netns list | grep -q "^${ns}[0-9]*-" || die "namespaces called ${ns}…-… are there already, of another run; end it, or delete them with: ip netns delete NAME"
		if (($#)); then chosen=("$@"); fi
		for name in "${chosen[@]}"; do
			[[ -v from[$name] ]] || die "nothing is called $name"
		done
		networks "${chosen[@]}"
	fi
	judge
}

detection "$@"
