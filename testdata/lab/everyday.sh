# shellcheck shell=bash disable=SC2154 # record.sh has here, ns and work
# Hosts and services of the everyday traffic that no number of a rule was chosen by; detection.sh reads this file, and
# everyday.list has the recordings.
#
#   desk .31   another workstation     nas .25    files and mail of a small office
#   data .26   databases               monitor .27   what watches all of them

everyday_tools() {
	cat <<-LIST
		caddy caddy
		haproxy haproxy
		postfix postfix
		swaks swaks
		chronyd chrony
		snmpbulkwalk snmp
		prometheus prometheus
		prometheus-node-exporter prometheus-node-exporter
		sipp sip-tester
		aria2c aria2
		openvpn openvpn
		mariadbd mariadb-server
		psql postgresql
		keepalived keepalived
		radvd radvd
		arping arping
		rdisc6 ndisc6
		traceroute traceroute
		tracepath iputils-tracepath
		mtr mtr-tiny
		restic restic
		mosquitto mosquitto
		mosquitto_pub mosquitto-clients
		nats-server nats-server
		lftp lftp
		memcached memcached
		nft nftables
		wget wget
		python3 python3-websockets
		python3 python3-grpcio
	LIST
}

everyday_services() {
	local number pg
	host nas home 25 00:01:25
	host data home 26 00:01:26
	host monitor home 27 00:01:27
	host desk home 31 00:01:31

	mkdir "$work/pub" "$work/share" "$work/sftp"
	for number in {1..60}; do head -c $((2000 + number * 300)) /dev/urandom >"$work/pub/report-$number.pdf"; done
	chmod -R a+rX "$work/pub"
	chmod 777 "$work/share" "$work/sftp"
	printf '%s\n' listen=YES anonymous_enable=YES "anon_root=$work/pub" no_anon_password=YES "secure_chroot_dir=$work/empty" background=NO >"$work/vsftpd-nas.conf"
	chown root:root "$work/vsftpd-nas.conf"
	serve nas vsftpd "$work/vsftpd-nas.conf"
	mkdir "$work/samba-nas"
	printf '%s\n' '[global]' "private dir = $work/samba-nas" "state directory = $work/samba-nas" "cache directory = $work/samba-nas" "lock directory = $work/samba-nas" \
		"pid directory = $work/samba-nas" "ncalrpc dir = $work/samba-nas/rpc" 'log file = /dev/null' 'map to guest = bad user' 'load printers = no' \
		'[share]' "path = $work/share" 'guest ok = yes' 'force user = root' 'read only = no' >"$work/smb-nas.conf"
	serve nas smbd -D -s "$work/smb-nas.conf"
	sed "s/sshd.pid/sshd-farm.pid/" "$work/sshd.conf" >"$work/sshd-farm.conf"
	# shellcheck disable=SC2016
	serve farm bash -c 'mount -t tmpfs none /run && mkdir /run/sshd && exec "$(command -v sshd)" -D -f "$1"' sshd "$work/sshd-farm.conf"
	serve farm snmpd -f -C -c "$work/snmpd.conf" -p "$work/snmpd-farm.pid"
	serve farm prometheus-node-exporter --web.listen-address=0.0.0.0:9100
	for number in web files nas; do serve "$number" prometheus-node-exporter --web.listen-address=0.0.0.0:9100; done

	mkdir -p "$work/mail/etc" "$work/mail/spool" "$work/mail/data"
	cp /etc/postfix/master.cf "$work/mail/etc/" 2>/dev/null || cp /usr/share/postfix/master.cf.dist "$work/mail/etc/master.cf"
	sed -i -E 's/^([a-z].* (inet|unix) +[^ ]+ +[^ ]+ +)y /\1n /' "$work/mail/etc/master.cf"
	printf '%s\n' 'compatibility_level = 3.6' "queue_directory = $work/mail/spool" "data_directory = $work/mail/data" 'myhostname = nas.example.com' 'mydestination = example.com' \
		'mynetworks = 10.0.0.0/8, 198.51.100.0/24' 'inet_protocols = ipv4' 'local_recipient_maps =' 'mailbox_transport = discard' 'transport_maps = static:discard' 'smtpd_tls_security_level = none' >"$work/mail/etc/main.cf"
	chown postfix "$work/mail/data"
	serve nas postfix -c "$work/mail/etc" start-fg
	printf '%s\n' 'listener 1883 0.0.0.0' 'allow_anonymous true' >"$work/mosquitto-nas.conf"
	serve nas mosquitto -c "$work/mosquitto-nas.conf"
	serve nas nats-server -a 0.0.0.0

	for pg in /usr/lib/postgresql/*/bin; do :; done # the newest
	mkdir "$work/pg" "$work/maria"
	chown postgres "$work/pg"
	(cd / && runuser -u postgres -- "$pg/initdb" -D "$work/pg" -A trust && echo 'host all all 0.0.0.0/0 trust' >>"$work/pg/pg_hba.conf") >/dev/null
	serve data runuser -u postgres -- "$pg/postgres" -D "$work/pg" -h 0.0.0.0 -k "$work/pg"
	mariadb-install-db --user=root --datadir="$work/maria" --auth-root-authentication-method=normal >>"$work/data.log" 2>&1
	serve data mariadbd --user=root --datadir="$work/maria" --bind-address=0.0.0.0 --socket="$work/maria.sock" --pid-file="$work/maria.pid" --skip-grant-tables --skip-networking=0 --port=3306
	serve data redis-server --bind 0.0.0.0 --protected-mode no --save '' --dir "$work" --port 6379
	serve data memcached -u nobody -l 0.0.0.0
	serve data python3 "$here/everyday.py" grpc-serve
	serve web python3 "$here/everyday.py" sockets-serve

	python3 -c 'print("<title>Shop</title>" + "".join(f"<img src=http://10.0.0.{100 + i % 40}/{i}.bin><img src=https://10.0.0.{100 + i % 40}/{i + 1}.bin>" for i in range(1, 80)))' >"$work/site/shop.html"
	printf '%s\n' '{' 'admin off' 'auto_https off' "storage file_system $work/caddy" '}' ':8443 {' "tls $work/tls.crt $work/tls.key" "root * $work/site" 'file_server' '}' >"$work/Caddyfile"
	serve server env HOME="$work" caddy run --adapter caddyfile --config "$work/Caddyfile"
	# shellcheck disable=SC2016
	(cd "$work/repo" && git update-server-info && ln -s "$work/repo/.git" "$work/site/repo.git")
	chmod -R a+rX "$work/site" "$work/repo"
	{
		printf '%s\n' global ' maxconn 500' defaults ' mode http' ' timeout connect 1s' ' timeout client 5s' ' timeout server 5s' 'frontend in' ' bind :8000' ' default_backend farm' 'backend farm' ' option httpchk GET /healthz'
		for number in {100..139}; do printf ' server s%d 10.0.0.%d:8080 check inter 2s\n' "$number" "$number"; done
		for number in {140..144}; do printf ' server s%d 10.0.0.20:%d check inter 2s\n' "$number" "$number"; done
	} >"$work/haproxy.cfg"
	{
		printf '%s\n' global: ' scrape_interval: 5s' scrape_configs: ' - job_name: hosts' '   static_configs:' '    - targets:'
		for number in {100..139} 10 20 25 26 30 31; do printf '       - 10.0.0.%d:9100\n' "$number"; done
		for number in {9101..9114}; do printf '       - 10.0.0.20:%d\n' "$number"; done
	} >"$work/prometheus.yml"
	{
		printf 'cmdallow 127.0.0.1\nport 0\n'
		for number in 10.0.0.{100..108} 192.0.2.80; do printf 'server %s minpoll 1 maxpoll 2 iburst\n' "$number"; done
	} >"$work/chrony.conf"
	for number in web files; do
		printf '%s\n' 'global_defs {' ' enable_script_security' '}' 'vrrp_instance lab {' ' state BACKUP' ' interface eth0' ' virtual_router_id 7' " priority $([[ $number == web ]] && echo 150 || echo 100)" ' advert_int 1' ' virtual_ipaddress {' '  10.0.0.200/24' ' }' '}' >"$work/keepalived-$number.conf"
	done
	printf '%s\n' 'interface home {' ' AdvSendAdvert on;' ' MinRtrAdvInterval 3;' ' MaxRtrAdvInterval 4;' ' prefix fd00:10::/64 { };' '};' >"$work/radvd.conf"
	openvpn --genkey secret "$work/vpn.key"
	serve server openvpn --dev tun7 --ifconfig 10.77.0.1 10.77.0.2 --secret "$work/vpn.key" --cipher AES-256-CBC --allow-compression no
	answers farm 22
	answers nas 21
	answers nas 445
	answers nas 25
	answers server 8443
}
