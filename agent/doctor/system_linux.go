package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	"kernel.org/pub/linux/libs/security/libcap/cap"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/agent"
)

// has reports whether this process has a capability.
func has(c cap.Value) bool {
	ok, err := cap.GetProc().GetFlag(cap.Effective, c)
	return err == nil && ok
}

func privileged() bool { return has(cap.NET_ADMIN) }

// capabilities says whether a daemon that is started as this process is could capture, and change the firewall.
func (d *doctor) capabilities() {
	const remedy = "Run it as the unit does, or: setcap cap_net_raw,cap_net_admin=ep $(which ruleids)"
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	switch {
	case errors.Is(err, unix.EPERM):
		d.found("capture", Note, "this account may not capture packets (CAP_NET_RAW); the daemon's account may", remedy)
	case err != nil:
		d.found("capture", Problem, fmt.Sprintf("packets cannot be captured here: %v", err), "The kernel needs CONFIG_PACKET (modprobe af_packet), and RestrictAddressFamilies of the unit AF_PACKET.")
	default:
		_ = unix.Close(fd)
		d.found("capture", OK, "packets can be captured", "")
	}
	if d.config.Response.Mode == decision.Enforce && !has(cap.NET_ADMIN) {
		d.found("firewall", Note, "this account may not change the firewall (CAP_NET_ADMIN); the daemon's account may", remedy)
	}
}

// memory says whether there is room for the rings.
func (d *doctor) memory() {
	c := &d.config.Capture
	rings := uint64(c.Ring) * uint64(agent.Workers(d.config)) * uint64(max(1, len(c.Interfaces)))
	if d.config.Evidence.Dir != "" {
		rings += uint64(d.config.Evidence.Memory)
	}
	available, ok := d.meminfo("MemAvailable")
	switch {
	case !ok:
		d.found("", Unknown, "how much memory there is cannot be found out", "")
	case rings > available/2:
		d.found("", Problem, fmt.Sprintf("rings take %d MiB, and %d MiB are available", rings>>20, available>>20), "Use smaller rings (capture { ring = … }), fewer workers, or more memory; what is in rings is never swapped.")
	default:
		d.found("", OK, fmt.Sprintf("rings take %d MiB of %d MiB that are available", rings>>20, available>>20), "")
	}
}

// meminfo returns a line of /proc/meminfo, in bytes.
func (d *doctor) meminfo(name string) (uint64, bool) {
	text, err := os.ReadFile(d.at("proc/meminfo"))
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			n, err := strconv.ParseUint(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return n << 10, err == nil
		}
	}
	return 0, false
}

// at returns a path below the root.
func (d *doctor) at(path string) string { return filepath.Join(d.Root, path) }

// number reads a number from a file of the kernel.
func (d *doctor) number(path string) (int64, error) {
	text, err := os.ReadFile(d.at(path))
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
}

// bpf says whether the kernel compiles the filter that keeps packets from the rings.
func (d *doctor) bpf() {
	switch n, err := d.number("proc/sys/net/core/bpf_jit_enable"); {
	case err != nil:
		d.found("", Unknown, "whether the kernel compiles filters cannot be read: "+err.Error(), "")
	case n == 0:
		d.found("", Problem, "the kernel interprets the filter of the rings for each packet", "sysctl -w net.core.bpf_jit_enable=1, and in /etc/sysctl.d for the next boot")
	default:
		d.found("", OK, "the kernel compiles the filter of the rings", "")
	}
}

// released is when this check was written: no clock that is right says less.
var released = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// clock says whether the clock is kept right, which alerts, ends of decisions, and certificates go by.
func (d *doctor) clock() {
	if now := time.Now(); now.Before(released) {
		d.found("", Problem, "it says "+now.UTC().Format(time.DateTime)+", which is over", "Set it: timedatectl set-ntp true")
		return
	}
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	switch {
	case err != nil:
		d.found("", Unknown, "whether it is kept right cannot be found out: "+err.Error(), "")
	case t.Status&unix.STA_UNSYNC != 0 || state == unix.TIME_ERROR:
		d.found("", Problem, "nothing keeps it right: the kernel says that it is not synchronized", "Run chrony or systemd-timesyncd: timedatectl set-ntp true. In a virtual machine the host may do it, without telling.")
	default:
		d.found("", OK, "it is synchronized, to within "+(time.Duration(t.Maxerror)*time.Microsecond).Round(time.Millisecond).String(), "")
	}
}

// inotify says whether the daemon can be told of changes of rule files.
func (d *doctor) inotify() {
	instances, err := d.number("proc/sys/fs/inotify/max_user_instances")
	watches, err2 := d.number("proc/sys/fs/inotify/max_user_watches")
	if err := errors.Join(err, err2); err != nil {
		d.found("", Unknown, "its limits cannot be read: "+err.Error(), "")
		return
	}
	need := int64(len(directoriesOf(d.Loaded.Paths)) + 8)
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC)
	if err == nil {
		_ = unix.Close(fd)
	}
	switch {
	case errors.Is(err, unix.EMFILE):
		d.found("", Problem, fmt.Sprintf("all %d instances of this account are in use; changes are found by looking, every %s", instances, d.config.Rules.Poll), "sysctl -w fs.inotify.max_user_instances=512")
	case watches < need:
		d.found("", Problem, fmt.Sprintf("%d directories can be watched, %d have to be", watches, need), "sysctl -w fs.inotify.max_user_watches=65536")
	default:
		d.found("", OK, fmt.Sprintf("%d directories can be watched, of which %d are needed", watches, need), "")
	}
}

// directoriesOf returns the directories that paths are in or are.
func directoriesOf(paths []string) []string {
	var out []string
	for _, p := range paths {
		if st, err := os.Stat(p); err != nil || !st.IsDir() {
			p = filepath.Dir(p)
		}
		out = append(out, p)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// freeOf returns how many bytes of the disk of a path are free, how many it has, and how many files can still be made.
func freeOf(path string) (free, all, inodes uint64, err error) {
	var s unix.Statfs_t
	if err := unix.Statfs(path, &s); err != nil {
		return 0, 0, 0, err
	}
	size := uint64(s.Bsize)
	if inodes = s.Ffree; s.Files == 0 { // a file system that has no limit
		inodes = 1
	}
	return s.Bavail * size, s.Blocks * size, inodes, nil
}

// unwritable says why the daemon's account cannot write in a directory; "" where it can.
func (d *doctor) unwritable(dir string, st fs.FileInfo) string {
	if d.config.User == "" {
		if err := unix.Access(dir, unix.W_OK|unix.X_OK); err != nil && os.Geteuid() == 0 {
			return "it cannot be written: " + err.Error()
		}
		return ""
	}
	account, err := agent.LookupAccount(d.config.User)
	owner, ok := st.Sys().(*syscall.Stat_t)
	if err != nil || !ok {
		return "" // the account is told of by another check
	}
	mode := st.Mode().Perm()
	switch {
	case int(owner.Uid) == account.UID:
		ok = mode&0o300 == 0o300
	case int(owner.Gid) == account.GID || slices.Contains(account.Groups, int(owner.Gid)):
		ok = mode&0o030 == 0o030
	default:
		ok = mode&0o003 == 0o003
	}
	if !ok {
		return fmt.Sprintf("the account %s may not write in it (owner %d:%d, mode %04o)", account.Name, owner.Uid, owner.Gid, mode)
	}
	return ""
}
