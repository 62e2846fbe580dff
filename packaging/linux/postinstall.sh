#!/bin/sh
# After the files are in place: deb calls this with "configure" and the version before, rpm with the number of versions.
set -e

if command -v systemd-sysusers >/dev/null; then
  systemd-sysusers ruleids.conf
elif ! getent passwd ruleids >/dev/null; then
  useradd --system --user-group --home-dir /var/lib/ruleids --no-create-home --shell /usr/sbin/nologin \
    --comment "Network intrusion detection" ruleids
fi

[ -d /run/systemd/system ] || exit 0
systemctl daemon-reload

# The daemon and the server go on with the new program where they run; this takes as long as one start. What the new
# version says is wrong would keep it from starting: then the old one runs on.
for unit in ruleids ruleids-server; do
  systemctl --quiet is-active "$unit" || continue
  if /usr/bin/ruleids config check --config /etc/ruleids/ruleids.hcl; then
    systemctl restart "$unit" || echo "ruleids: $unit did not start again: journalctl -u $unit says why" >&2
  else
    echo "ruleids: the version before still runs: mend the settings, then: systemctl restart $unit" >&2
  fi
done

# After a first installation.
if [ "$1" = 1 ] || { [ "$1" = configure ] && [ -z "$2" ]; }; then
  echo "ruleids: name the interface to watch in /etc/ruleids/ruleids.hcl, then: systemctl enable --now ruleids"
fi
