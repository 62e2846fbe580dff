# shellcheck shell=bash disable=SC2154 # record.sh has here, ns and work
# Services of the second set of everyday traffic; detection.sh reads this file after everyday.sh, whose hosts these are
# too, and workday.list has the recordings.

workday_tools() {
	cat <<-LIST
		apt-get apt
		dpkg-scanpackages dpkg-dev
		docker-registry docker-registry
		skopeo skopeo
		mbsync isync
		turnserver coturn
		turnutils_uclient coturn
		squid squid
		udhcpc udhcpc
		httrack httrack
		xfreerdp freerdp2-x11
		Xvfb xvfb
		logger bsdutils
	LIST
}

workday_services() {
	local number
	for number in {100..139}; do ip -n "$ns-server" address add "192.0.2.$number/24" dev eth0; done
	python3 "$here/workday.py" repository "$work/site/debian"
	python3 "$here/workday.py" image "$work/image"
	chmod -R a+rX "$work/site"
	serve server python3 "$here/workday.py" serve internet
	serve data python3 "$here/workday.py" serve services
	serve farm python3 "$here/workday.py" serve pods
	printf '%s\n' 'version: 0.1' 'log: {level: error}' "storage: {filesystem: {rootdirectory: $work/registry}}" 'http: {addr: ":5000"}' >"$work/registry.yml"
	serve server sh -c 'nc -l -k 9103 >/dev/null'
	serve nas docker-registry serve "$work/registry.yml"
	serve server turnserver -n -l "$work/turn.log" --no-cli -z -L 192.0.2.80 -E 192.0.2.80 --allow-loopback-peers --pidfile "$work/turn.pid"
	printf '%s\n' 'http_port 3128' 'http_access allow all' 'cache deny all' 'access_log none' "cache_log $work/squid.log" "pid_filename $work/squid.pid" "coredump_dir $work" 'cache_effective_user nobody' 'pinger_enable off' 'dns_nameservers 192.0.2.80' >"$work/squid.conf"
	touch "$work/squid.log" && chmod 666 "$work/squid.log"
	serve nas squid -N -f "$work/squid.conf"
	serve dns dnsmasq --no-daemon --port=0 --no-hosts --conf-file=/dev/null --user=nobody --interface=eth0 --bind-dynamic --pid-file="$work/dhcpd.pid" \
		--dhcp-range=10.0.0.210,10.0.0.250,1h --dhcp-leasefile="$work/leases" --dhcp-option=3,10.0.0.1 --enable-tftp --tftp-root="$work/site"
	printf '%s\n' 'interface home {' ' AdvSendAdvert on;' ' prefix fd00:10::/64 { };' '};' >"$work/radvd-day.conf"
	printf '%s\n' 'IMAPAccount a' 'Host 10.0.0.20' 'Port 143' 'User anna' 'Pass a-word-that-no-list-has' 'SSLType None' 'AuthMechs LOGIN' '' 'IMAPStore far' 'Account a' '' 'MaildirStore near' "Path $work/mbox/" "Inbox $work/mbox/in" '' \
		'Channel c' 'Far :far:' 'Near :near:' 'Patterns *' 'Create Both' 'SyncState *' >"$work/mbsyncrc"
	mkdir -p "$work/mbox" "$work/apt/lists/partial" "$work/apt/archives/partial" "$work/apt/empty"
	: >"$work/apt/status"
	printf 'deb [trusted=yes] http://192.0.2.80/debian ./\n' >"$work/apt/sources.list"
	printf '%s\n' "Dir::State \"$work/apt\";" "Dir::State::status \"$work/apt/status\";" "Dir::Cache \"$work/apt\";" "Dir::Etc::sourcelist \"$work/apt/sources.list\";" "Dir::Etc::sourceparts \"$work/apt/empty\";" "Dir::Etc::parts \"$work/apt/empty\";" 'APT::Sandbox::User "root";' 'Acquire::http::Proxy "DIRECT";' >"$work/apt.conf"
	answers nas 5000
	answers nas 3128
	answers data 9092
}
