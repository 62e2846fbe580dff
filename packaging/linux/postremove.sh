#!/bin/sh
# After the files went: deb calls this with "remove", "purge" and others, rpm with the number of versions that stay. What
# the program has written stays until a purge, and always with rpm. The account stays: files elsewhere may be its own.
set -e

if [ "$1" = purge ]; then
  rm -rf /etc/ruleids /var/lib/ruleids /var/lib/private/ruleids /var/log/ruleids /var/log/private/ruleids
fi
[ -d /run/systemd/system ] || exit 0
case "$1" in
  remove | purge | 0) systemctl daemon-reload ;;
esac
