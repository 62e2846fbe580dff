#!/usr/bin/env bash
# Uses a release as people do, as root on Debian: builds one revision twice and compares the bytes, installs, upgrades, removes and
# purges the deb in a Debian of its own where systemd runs, and the rpm in a root of its own, and runs the image in namespaces.
# With the argument "twice" it only builds and compares, for all systems. TARGETS=linux/amd64,… are the systems to build for; KEEP=DIR
# is a directory that keeps releases and Debian for the next time.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

arch=$(go env GOARCH)
targets=${TARGETS:-linux/$arch}
[[ ${1:-} != twice ]] || targets=${TARGETS:-}
work=$(mktemp -d)
keep=${KEEP:-$work}
mkdir -p "$keep"
machine=ruleids-release-$$
nspawn=

finish() {
  if [[ -n $nspawn ]]; then
    kill "$nspawn" 2>/dev/null || true
    wait "$nspawn" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap finish EXIT

say() { printf '== %s\n' "$*"; }
fail() { printf 'FAIL: %s\n' "$*" >&2; exit 1; }

packages=(debootstrap systemd-container rpm iproute2 util-linux libcap2-bin minisign)
[[ ${1:-} != twice ]] || packages=(minisign)
dpkg -s "${packages[@]}" >/dev/null 2>&1 || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${packages[@]}" >/dev/null; }

say "one revision, built in two directories, with two caches"
go -C packaging/release build -o "$work/release" .
[[ -f $keep/key.sec ]] || minisign -G -W -f -p "$keep/key.pub" -s "$keep/key.sec" >/dev/null
export MINISIGN_KEY=$keep/key.sec
# Nothing that the first build has compiled is in the second.
declare -A cache=([a]=$(go env GOCACHE) [b]=$work/cache)
git clone -q . "$work/a"
git -C "$work/a" tag v0.0.1
git clone -q "$work/a" "$work/b"
for copy in a b; do
  [[ -s $keep/$copy-1/SHA256SUMS ]] || GOCACHE=${cache[$copy]} "$work/release" -root "$work/$copy" -out "$keep/$copy-1" -targets "$targets"
done
diff -r "$keep/a-1" "$keep/b-1" || fail "two builds of one revision differ"
(cd "$keep/a-1" && sha256sum --quiet -c SHA256SUMS)
minisign -Vm "$keep/a-1/SHA256SUMS" -p "$keep/key.pub"
if [[ ${1:-} == twice ]]; then
  cat "$keep/a-1/SHA256SUMS"
  say "two builds of $(git -C "$work/a" rev-parse --short HEAD) are equal"
  exit
fi

say "the next version"
git -C "$work/b" -c user.name=test -c user.email=test@example.invalid commit -q --allow-empty -m "the next version"
git -C "$work/b" tag v0.0.2
[[ -s $keep/b-2/SHA256SUMS ]] || "$work/release" -root "$work/b" -out "$keep/b-2" -targets "linux/$arch" >/dev/null

case $arch in amd64) rpm=x86_64 ;; arm64) rpm=aarch64 ;; *) fail "no package for $arch is tested" ;; esac
deb1=$keep/a-1/ruleids_0.0.1-1_$arch.deb deb2=$keep/b-2/ruleids_0.0.2-1_$arch.deb
rpm1=$keep/a-1/ruleids-0.0.1-1.$rpm.rpm rpm2=$keep/b-2/ruleids-0.0.2-1.$rpm.rpm

say "a Debian where systemd runs"
root=$keep/debian
[[ -d $root/usr ]] || debootstrap --variant=minbase --include=systemd,systemd-sysv,dbus,iproute2,iptables,ipset,procps,iputils-ping bookworm "$root" >/dev/null
rm -f "$root/etc/machine-id"
systemd-nspawn -q -D "$root" --volatile=overlay --boot --private-network --register=no --keep-unit -M "$machine" >"$work/boot.log" 2>&1 &
nspawn=$!
for _ in $(seq 60); do
  leader=$(pgrep -P "$nspawn" | head -n 1 || true)
  if [[ -n $leader ]] && nsenter -t "$leader" -a systemctl is-system-running 2>/dev/null | grep -Eq 'running|degraded'; then break; fi
  sleep 1
done
in_debian() { nsenter -t "$leader" -a --wdns=/ env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive "$@"; }
put() { in_debian sh -c "cat > $2" <"$1"; }
in_debian systemctl is-system-running || true
in_debian mkdir -p /tmp/packages
put "$deb1" /tmp/packages/1.deb
put "$deb2" /tmp/packages/2.deb

say "deb: installed"
in_debian dpkg -i /tmp/packages/1.deb
in_debian getent passwd ruleids
in_debian ruleids version | grep -F 'ruleids v0.0.1'
in_debian test -s /usr/share/man/man1/ruleids.1.gz
in_debian sh -c 'systemctl is-active ruleids && exit 1 || true'
in_debian sed -i 's/"eth0"/"lo"/; s/mode = "monitor"/mode = "enforce"/' /etc/ruleids/ruleids.hcl
in_debian sh -c 'ip link set lo up && systemctl start ruleids'
in_debian sh -c 'ps -o user= -C ruleids' | grep -qx ruleids || fail "the daemon does not run as ruleids"
in_debian ruleids status || fail "the daemon is not well"
in_debian ruleids block 203.0.113.9 --for 1h
in_debian ruleids decisions list | grep -q 203.0.113.9 || fail "the decision is not listed"
in_debian sh -c 'echo "# mine" >> /etc/ruleids/ruleids.hcl'

say "deb: upgraded"
in_debian dpkg -i /tmp/packages/2.deb
in_debian ruleids version | grep -F 'ruleids v0.0.2'
in_debian ruleids status | grep -F 'v0.0.2' || fail "the daemon before still runs"
in_debian ruleids decisions list | grep -q 203.0.113.9 || fail "the upgrade lost a decision"
in_debian iptables-save | grep -q ruleids || fail "the upgrade lost the firewall's rules"
in_debian grep -q '# mine' /etc/ruleids/ruleids.hcl || fail "the upgrade changed the settings"
# From the moment that it was told to stop until it says that it is ready, it sees nothing.
times() { in_debian systemctl show -P "$1" ruleids; }
gap=$(($(times ActiveEnterTimestampMonotonic) - $(times ActiveExitTimestampMonotonic)))
say "the daemon was away for $((gap / 1000)) ms"
((gap < 1000000)) || fail "the upgrade took longer than a second"

say "deb: an upgrade whose settings are wrong leaves the daemon running"
in_debian sed -i '1i no_such_setting = 1' /etc/ruleids/ruleids.hcl
before=$(times MainPID)
in_debian dpkg -i /tmp/packages/1.deb 2>&1 | grep -F 'version before still runs'
[[ $(times MainPID) == "$before" ]] || fail "the daemon was restarted with settings that are wrong"
in_debian sed -i 1d /etc/ruleids/ruleids.hcl

say "deb: removed"
in_debian dpkg -r ruleids
in_debian sh -c '! pgrep -x ruleids && ! test -e /usr/bin/ruleids && ! systemctl cat ruleids 2>/dev/null' || fail "something is left of the program"
in_debian sh -c '! iptables-save | grep ruleids && ! ipset list -n | grep ruleids' || fail "something is left in the firewall"
in_debian test -s /var/lib/ruleids/decisions.jsonl || fail "decisions went without a purge"
in_debian grep -q '# mine' /etc/ruleids/ruleids.hcl || fail "settings went without a purge"
say "deb: purged"
in_debian dpkg -P ruleids
left=$(in_debian sh -c 'ls -d /etc/ruleids /var/lib/ruleids /var/log/ruleids /run/ruleids /etc/systemd/system/*/ruleids* 2>/dev/null; find /usr -name "*ruleids*"' || true)
[[ -z $left ]] || fail "purge left: $left"
kill "$nspawn"
wait "$nspawn" || true
nspawn=

say "rpm: installed, upgraded, removed"
# Files and scripts in a root with the tools that scripts ask for, and no systemd that runs.
rpmroot=$work/rpmroot
mkdir -p "$rpmroot"/{etc,usr/bin,usr/sbin,usr/lib,var/lib,tmp}
for d in bin sbin lib lib64; do [[ -L $root/$d ]] && cp -a "$root/$d" "$rpmroot/"; done
cp -a "$root"/usr/{bin,sbin,lib} "$rpmroot/usr/"
[[ -d $root/usr/lib64 ]] && cp -a "$root/usr/lib64" "$rpmroot/usr/"
mkdir "$rpmroot/dev"
mknod -m 666 "$rpmroot/dev/null" c 1 3
cp -a "$root"/etc/{passwd,group,shadow,gshadow,nsswitch.conf,ld.so.cache} "$rpmroot/etc/"
in_rpm() { command rpm --root "$rpmroot" --dbpath /var/lib/rpm --nosignature "$@"; }
in_rpm --initdb
in_rpm -i --nodeps "$rpm1"
in_rpm -V --nodeps ruleids
grep -q ^ruleids: "$rpmroot/etc/passwd" || fail "the rpm made no account"
echo "# mine" >>"$rpmroot/etc/ruleids/ruleids.hcl"
in_rpm -U --nodeps "$rpm2"
chroot "$rpmroot" /usr/bin/ruleids version | grep -F 'ruleids v0.0.2'
[[ $(in_rpm -q ruleids) == ruleids-0.0.2-1.$rpm ]] || fail "$(in_rpm -q ruleids)"
grep -q '# mine' "$rpmroot/etc/ruleids/ruleids.hcl" || fail "the upgrade changed the settings"
in_rpm -e ruleids
[[ -f $rpmroot/etc/ruleids/ruleids.hcl.rpmsave ]] || fail "changed settings were not kept"
left=$(find "$rpmroot/usr" -name '*ruleids*')
[[ -z $left ]] || fail "left behind: $left"

say "image: run in namespaces, without root"
mkdir "$work/oci" "$work/image"
tar -C "$work/oci" -xf "$keep/a-1/ruleids_0.0.1_oci.tar"
blob() { echo "$work/oci/blobs/${1/://}"; }
digest() { tr -d ' \n' <"$1" | grep -o '"digest":"sha256:[0-9a-f]*"' | cut -d '"' -f 4 | sed -n "$2p"; }
index=$(blob "$(digest "$work/oci/index.json" 1)")
manifest=$(blob "$(digest "$index" 1)")
tar --xattrs --xattrs-include='*' -C "$work/image" -xzf "$(blob "$(digest "$manifest" 2)")"
getcap "$work/image/usr/bin/ruleids" | grep -q 'cap_net_admin,cap_net_raw=p' || fail "$(getcap "$work/image/usr/bin/ruleids")"
chmod 755 "$work"
mkdir "$work/image/proc"
cat >"$work/in-image" <<'IN'
set -eu
root=$1
ip link set lo up
mount -t proc proc "$root/proc"
as() { # as the account of the image, with capabilities that the container may have at most
  bounding=$1
  shift
  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin RULEIDS_CAPTURE_INTERFACES=lo setpriv --bounding-set="-all,+setuid,+setgid,+sys_chroot$bounding" -- \
    chroot --userspec=65532:65532 "$root" /usr/bin/ruleids "$@"
}
as "" version
as "" config check --config /etc/ruleids/ruleids.hcl
as ,+net_raw run --config /etc/ruleids/ruleids.hcl &
daemon=$!
for _ in $(seq 50); do as "" status >/dev/null 2>&1 && break; sleep 0.2; done
as "" status
pid=$(pgrep -x ruleids)
grep -E '^(Uid|CapEff):' "/proc/$pid/status"
grep -q '^CapEff:.*0000000000002000$' "/proc/$pid/status"
kill -TERM "$pid"
wait $daemon
IN
unshare --net --pid --mount --fork --mount-proc sh "$work/in-image" "$work/image" || fail "the image does not run"

say "all is well"
