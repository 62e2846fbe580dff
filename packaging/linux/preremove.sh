#!/bin/sh
# Before the files go: deb calls this with "remove" or "upgrade", rpm with the number of versions that stay.
set -e

case "$1" in
  remove | 0) ;;
  *) exit 0 ;; # of an upgrade
esac
if [ -d /run/systemd/system ]; then
  systemctl --quiet disable --now ruleids.service ruleids-server.service || true
fi
# Nobody stays blocked by a program that is gone. Without a firewall there is nothing to empty.
/usr/bin/ruleids firewall flush --config /etc/ruleids/ruleids.hcl >/dev/null 2>&1 || true
