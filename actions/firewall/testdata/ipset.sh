#!/bin/sh
# An example of a program for the backend "command": it keeps members in ipsets, with iptables rules in INPUT.
# What it is told is in the documentation of package firewall and in docs/firewall.md.
set -eu

family() { case $1 in *:*) echo 6 ;; *) echo 4 ;; esac }
program() { if [ "$1" = 6 ]; then echo ip6tables; else echo iptables; fi }

# Makes what members need, and says what was missing.
ensure() {
	for f in 4 6; do
		inet=inet
		[ $f = 4 ] || inet=inet6
		for kind in block quarantine; do
			set=example-$kind$f
			if ! ipset list -n "$set" >/dev/null 2>&1; then
				ipset create "$set" hash:net family $inet timeout 0
				echo "the set $set"
			fi
			rule="-m set --match-set $set src -j DROP"
			# shellcheck disable=SC2086 # the words of the rule
			if ! $(program $f) -w -C INPUT $rule 2>/dev/null; then
				$(program $f) -w -I INPUT 1 $rule
				echo "the rule of $set"
			fi
		done
	done
}

case ${1-} in
apply)
	ensure >/dev/null
	n=0
	while read -r what kind address seconds; do
		n=$((n + 1))
		set=example-$kind$(family "$address")
		case $what in
		add) ipset -exist add "$set" "$address" timeout "$seconds" 2>/dev/null || echo "failed $n ipset does not take $address" ;;
		remove) ipset -exist del "$set" "$address" ;;
		*) echo "unknown change: $what" >&2; exit 1 ;;
		esac
	done
	;;
list)
	for f in 4 6; do
		for kind in block quarantine; do
			ipset list example-$kind$f 2>/dev/null | sed -n "s/^\([0-9a-f.:/]*\) timeout \([0-9]*\).*/$kind \1 \2/p"
		done
	done
	;;
repair)
	# Nothing is missing of what was never made.
	if ipset list -n 2>/dev/null | grep -q ^example-; then ensure; fi
	;;
flush)
	for f in 4 6; do
		for kind in block quarantine; do
			set=example-$kind$f
			while $(program $f) -w -D INPUT -m set --match-set $set src -j DROP 2>/dev/null; do :; done
			ipset destroy "$set" 2>/dev/null || true
		done
	done
	;;
*)
	echo "usage: $0 apply|list|repair|flush" >&2
	exit 2
	;;
esac
