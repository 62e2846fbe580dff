package agent

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ruleids/ruleids/agent/api"
	"github.com/ruleids/ruleids/internal/scale"
)

// fires sends a packet to a port and returns how many alerts that gave.
func (r *running) fires(t *testing.T, port int) int {
	t.Helper()
	r.outputs.mu.Lock()
	before := len(r.outputs.alerts)
	r.outputs.mu.Unlock()
	r.source.send(t, batchOf(syn(t, "10.0.0.1", port, 0)))
	r.outputs.mu.Lock()
	defer r.outputs.mu.Unlock()
	return len(r.outputs.alerts) - before
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestFilesAreFollowed changes files in the ways that editors, deployments and Kubernetes do, and waits for the
// daemon to notice by the kernel's word alone.
func TestFilesAreFollowed(t *testing.T) {
	noPoll := "rules {\n  poll = \"0s\"\n}\n"
	for _, c := range []struct {
		name    string
		files   map[string]string
		prepare func(t *testing.T, r *running)
		change  func(t *testing.T, r *running)
		log     []string // the line to wait for
		fires   int      // a port on which there is an alert afterwards
		quiet   int      // one on which there is none
	}{
		{
			name:   "written in place",
			files:  map[string]string{"a.hcl": portRule("a", "23")},
			change: func(t *testing.T, r *running) { r.write(t, "a.hcl", portRule("a", "24")) },
			log:    []string{"rules loaded", "kept=1"}, fires: 24, quiet: 23,
		},
		{
			name:  "a new file is renamed over it, as editors do",
			files: map[string]string{"a.hcl": portRule("a", "23")},
			change: func(t *testing.T, r *running) {
				r.write(t, ".a.hcl.swp", portRule("a", "24"))
				must(t, os.Rename(filepath.Join(r.dir, "a.hcl"), filepath.Join(r.dir, "a.hcl~")))
				must(t, os.Rename(filepath.Join(r.dir, ".a.hcl.swp"), filepath.Join(r.dir, "a.hcl")))
			},
			log: []string{"rules loaded"}, fires: 24, quiet: 23,
		},
		{
			name:  "renamed over it twice",
			files: map[string]string{"a.hcl": portRule("a", "23")},
			prepare: func(t *testing.T, r *running) {
				at := r.log.now()
				r.write(t, "a.new", portRule("a", "24"))
				must(t, os.Rename(filepath.Join(r.dir, "a.new"), filepath.Join(r.dir, "a.hcl")))
				r.log.wait(t, at, "rules loaded")
			},
			change: func(t *testing.T, r *running) {
				r.write(t, "a.new", portRule("a", "25"))
				must(t, os.Rename(filepath.Join(r.dir, "a.new"), filepath.Join(r.dir, "a.hcl")))
			},
			log: []string{"rules loaded"}, fires: 25, quiet: 24,
		},
		{
			name:  "a file is moved into the directory",
			files: map[string]string{"a.hcl": portRule("a", "23")},
			change: func(t *testing.T, r *running) {
				from := filepath.Join(filepath.Dir(r.dir), "b.hcl")
				must(t, os.WriteFile(from, []byte(portRule("b", "24")), 0o644))
				must(t, os.Rename(from, filepath.Join(r.dir, "b.hcl")))
			},
			log: []string{"rules loaded", "added=[b]"}, fires: 24, quiet: 25,
		},
		{
			name:  "a directory is moved into the directory, then a file changes in it",
			files: map[string]string{"a.hcl": portRule("a", "23")},
			change: func(t *testing.T, r *running) {
				from := filepath.Join(filepath.Dir(r.dir), "more")
				must(t, os.Mkdir(from, 0o755))
				must(t, os.WriteFile(filepath.Join(from, "b.hcl"), []byte(portRule("b", "24")), 0o644))
				at := r.log.now()
				must(t, os.Rename(from, filepath.Join(r.dir, "more")))
				r.log.wait(t, at, "rules loaded", "added=[b]")
				r.write(t, "more/b.hcl", portRule("b", "25"))
			},
			log: []string{"rules loaded", "added=[]"}, fires: 25, quiet: 24,
		},
		{
			name:   "a file is removed",
			files:  map[string]string{"a.hcl": portRule("a", "23"), "b.hcl": portRule("b", "24")},
			change: func(t *testing.T, r *running) { must(t, os.Remove(filepath.Join(r.dir, "b.hcl"))) },
			log:    []string{"rules loaded", "removed=[b]"}, fires: 23, quiet: 24,
		},
		{
			name:  "a link is swapped, as Kubernetes does for a ConfigMap",
			files: map[string]string{"a.hcl": portRule("a", "23")},
			prepare: func(t *testing.T, r *running) {
				must(t, os.Remove(filepath.Join(r.dir, "a.hcl")))
				must(t, os.Mkdir(filepath.Join(r.dir, "..2026_1"), 0o755))
				r.write(t, "..2026_1/a.hcl", portRule("a", "25"))
				must(t, os.Symlink("..2026_1", filepath.Join(r.dir, "..data")))
				at := r.log.now()
				must(t, os.Symlink("..data/a.hcl", filepath.Join(r.dir, "a.hcl")))
				r.log.wait(t, at, "rules loaded")
			},
			change: func(t *testing.T, r *running) {
				must(t, os.Mkdir(filepath.Join(r.dir, "..2026_2"), 0o755))
				r.write(t, "..2026_2/a.hcl", portRule("a", "24"))
				must(t, os.Symlink("..2026_2", filepath.Join(r.dir, "..data_tmp")))
				must(t, os.Rename(filepath.Join(r.dir, "..data_tmp"), filepath.Join(r.dir, "..data")))
				must(t, os.RemoveAll(filepath.Join(r.dir, "..2026_1")))
			},
			log: []string{"rules loaded", "kept=1"}, fires: 24, quiet: 25,
		},
		{
			name:  "the directory itself is a link, and leads elsewhere",
			files: map[string]string{"a.hcl": portRule("a", "23")},
			change: func(t *testing.T, r *running) {
				next := filepath.Join(filepath.Dir(r.dir), "release-2")
				must(t, os.Mkdir(next, 0o755))
				must(t, os.WriteFile(filepath.Join(next, "a.hcl"), []byte(portRule("a", "24")), 0o644))
				must(t, os.Rename(r.dir, r.dir+"-1"))
				must(t, os.Symlink("release-2", r.dir))
			},
			log: []string{"rules loaded"}, fires: 24, quiet: 23,
		},
		{
			name: "a list's file changes",
			files: map[string]string{
				"a.hcl": "list \"ports\" {\n  type = \"port\"\n  file = \"../lists/ports.txt\"\n}\n" + strings.Replace(portRule("a", ""), "== ", "in list.ports", 1),
			},
			change: func(t *testing.T, r *running) {
				at := filepath.Join(filepath.Dir(r.dir), "lists", "ports.txt")
				must(t, os.WriteFile(at+".new", []byte("24\n"), 0o644))
				must(t, os.Rename(at+".new", at))
			},
			log: []string{"rules loaded"}, fires: 24, quiet: 23,
		},
		{
			name:  "the settings give a variable another value",
			files: map[string]string{"a.hcl": "variable \"port\" {\n  default = 23\n}\n" + portRule("a", "var.port")},
			change: func(t *testing.T, r *running) {
				must(t, os.WriteFile(filepath.Join(filepath.Dir(r.dir), "ruleids.hcl"), []byte(noPoll+"vars {\n  port = 24\n}\n"), 0o644))
			},
			log: []string{"rules loaded"}, fires: 24, quiet: 23,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if strings.HasPrefix(c.name, "a list") {
				// The file has to be there when the daemon starts.
				c.files["../lists/ports.txt"] = "23\n"
			}
			r := start(t, noPoll, c.files)
			if c.prepare != nil {
				c.prepare(t, r)
			}
			at := r.log.now()
			c.change(t, r)
			r.log.wait(t, at, c.log...)
			if n := r.fires(t, c.fires); n != 1 {
				t.Errorf("%d alerts on port %d, want 1", n, c.fires)
			}
			if n := r.fires(t, c.quiet); n != 0 {
				t.Errorf("%d alerts on port %d, want none", n, c.quiet)
			}
		})
	}
}

// TestPollFindsWhatEventsMiss has no watcher at all.
func TestPollFindsWhatEventsMiss(t *testing.T) {
	r := start(t, "rules {\n  poll = \"100ms\"\n}\n", map[string]string{"a.hcl": portRule("a", "23")})
	if err := r.rules.watch.close(); err != nil {
		t.Fatal(err)
	}
	at := r.log.now()
	r.write(t, "a.hcl", portRule("a", "24"))
	r.log.wait(t, at, "rules loaded", "reason=poll")
	if n := r.fires(t, 24); n != 1 {
		t.Errorf("%d alerts", n)
	}
}

// TestBrokenThenHealed keeps the old rules while the files are broken, says file, line and remedy in log, status
// and metric, and takes the next good save.
func TestBrokenThenHealed(t *testing.T) {
	r := start(t, "", map[string]string{"a.hcl": portRule("a", "23")})
	at := r.log.now()
	r.write(t, "a.hcl", strings.Replace(portRule("a", "24"), "dstport", "dport", 1))
	r.log.wait(t, at, "level=ERROR", "a.hcl:4:18", "Did you mean", "tcp.dstport")
	if r.fires(t, 23) != 1 || r.fires(t, 24) != 0 {
		t.Error("the rules of before do not run on")
	}
	s, err := r.client.Status(context.Background())
	if err != nil || !s.Healthy || !s.Rules.Broken || s.Rules.FailedReloads != 1 || len(s.Rules.Problems) != 1 || s.Rules.Problems[0].Line != 4 {
		t.Errorf("%v, healthy %v, rules %+v", err, s.Healthy, s.Rules)
	}
	if m := r.metrics(t); !strings.Contains(m, "\nruleids_rules_broken 1\n") || !strings.Contains(m, "\nruleids_rules_reloads_total{result=\"failed\"} 1\n") {
		t.Errorf("metrics:\n%s", m)
	}
	at = r.log.now()
	r.write(t, "a.hcl", portRule("a", "24"))
	r.log.wait(t, at, "rules loaded")
	if r.fires(t, 24) != 1 {
		t.Error("the rules of now do not run")
	}
	if s, err = r.client.Status(context.Background()); err != nil || s.Rules.Broken || len(s.Rules.Problems) != 0 {
		t.Errorf("%v, rules %+v", err, s.Rules)
	}
	// Broken, and back to what runs already: that heals too.
	at = r.log.now()
	r.write(t, "b.hcl", "rule {")
	at = r.log.wait(t, at, "level=ERROR", "b.hcl:1")
	must(t, os.Remove(filepath.Join(r.dir, "b.hcl")))
	r.log.wait(t, at, "valid again")
	if m := r.metrics(t); !strings.Contains(m, "\nruleids_rules_broken 0\n") {
		t.Error("the metric still says broken")
	}
}

// TestReloadReports asks on the socket and looks at what the reports name.
func TestReloadReports(t *testing.T) {
	r := start(t, "rules {\n  poll = \"0s\"\n}\n", map[string]string{"scan.hcl": scanRule, "a.hcl": portRule("a", "23")})
	if err := r.rules.watch.close(); err != nil { // so that only requests count
		t.Fatal(err)
	}
	ctx := context.Background()
	before, err := r.client.Reload(ctx)
	if err != nil || !before.OK || before.Changed || !slices.Equal(before.Kept, []string{"a", "scan"}) {
		t.Errorf("nothing changed: %v, %+v", err, before)
	}
	r.write(t, "a.hcl", portRule("b", "23"))
	r.write(t, "scan.hcl", strings.Replace(scanRule, `"10s"`, `"20s"`, 1))
	got, err := r.client.Reload(ctx)
	if err != nil || !got.OK || !got.Changed || got.Rules != 2 || got.Digest == before.Digest ||
		!slices.Equal(got.Added, []string{"b"}) || !slices.Equal(got.Removed, []string{"a"}) || !slices.Equal(got.Reset, []string{"scan"}) || len(got.Kept) != 0 {
		t.Errorf("%v, %+v", err, got)
	}
	r.write(t, "b.hcl", "rule \"c\" {}\n")
	if got, err = r.client.Reload(ctx); err != nil || got.OK || len(got.Problems) == 0 || !strings.HasSuffix(got.Problems[0].File, "b.hcl") || got.Rules != 2 {
		t.Errorf("broken: %v, %+v", err, got)
	}
	must(t, os.Remove(filepath.Join(r.dir, "b.hcl")))
	must(t, os.WriteFile(filepath.Join(filepath.Dir(r.dir), "ruleids.hcl"), []byte("log {\n  level = \"debug\"\n}\ncapture {\n  snaplen = 1000\n}\n"), 0o644))
	if got, err = r.client.Reload(ctx); err != nil || !got.OK || !slices.Equal(got.Restart, []string{"capture.snaplen", "rules.poll"}) {
		t.Errorf("settings: %v, %+v", err, got)
	}
	if r.outputs.reopened != 4 {
		t.Errorf("outputs were reopened %d times, want 4", r.outputs.reopened)
	}
	if again, err := r.client.Reload(ctx); err != nil || again.Changed || again.Before == nil || !slices.Equal(again.Before.Reset, []string{"scan"}) || before.Before != nil {
		t.Errorf("nothing changed since: %v, %+v", err, again)
	}
}

// TestScanAcrossReloads swaps rules in the middle of a scan: it is caught at the same packet.
func TestScanAcrossReloads(t *testing.T) {
	r := start(t, "", map[string]string{"scan.hcl": scanRule})
	for i := range 5 {
		r.source.send(t, batchOf(syn(t, "198.51.100.7", 1000+i, i*100)))
		r.write(t, "a.hcl", portRule("a", []string{"23", "24", "25", "26", "27"}[i]))
		if got, err := r.client.Reload(context.Background()); err != nil || !got.OK || !slices.Contains(got.Kept, "scan") {
			t.Fatalf("%v, %+v", err, got)
		}
	}
	if got := r.outputs.of("scan"); len(got) != 1 || got[0].Number != 5 {
		t.Errorf("alerts %+v", got)
	}
}

// TestFilterFollowsRules holds the kernel's filter to let through what the rules look at, and not what settings
// ignore.
func TestFilterFollowsRules(t *testing.T) {
	r := start(t, "", map[string]string{"scan.hcl": scanRule})
	r.write(t, "scan.hcl", scanRule+portRule("telnet", "23"))
	must(t, os.WriteFile(filepath.Join(filepath.Dir(r.dir), "ruleids.hcl"), []byte("capture {\n  ignore = [\"10.9.0.0/16\"]\n}\n"), 0o644))
	if got, err := r.client.Reload(context.Background()); err != nil || !got.OK || len(got.Restart) != 0 {
		t.Fatalf("%v, %+v", err, got)
	}
	r.source.mu.Lock()
	f := r.source.filter
	r.source.mu.Unlock()
	for _, c := range []struct {
		src  string
		want bool
	}{{"10.0.0.1", true}, {"10.9.1.1", false}} {
		frame := syn(t, c.src, 23, 0)
		if got := f.Match(&frame); got != c.want {
			t.Errorf("a packet from %s passes the filter: %v, want %v", c.src, got, c.want)
		}
	}
}

// TestControlSocketIsPrivate looks at the mode of the socket, and at what happens to one that is left over or in
// use.
func TestControlSocketIsPrivate(t *testing.T) {
	r := start(t, "", map[string]string{"a.hcl": portRule("a", "23")})
	info, err := os.Stat(r.socket)
	if err != nil || info.Mode().Perm() != 0o660 {
		t.Errorf("%v, mode %v, want 0660", err, info.Mode())
	}
	if _, err := ListenControl(r.socket, nil); err == nil || !strings.Contains(err.Error(), "answers") {
		t.Errorf("a second daemon on the socket: %v", err)
	}
	if err := r.stop(); err != nil {
		t.Error(err)
	}
	if exists(r.socket) {
		t.Error("the socket is left over")
	}
	// What a daemon leaves that was killed.
	fd, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	must(t, err)
	must(t, syscall.Bind(fd, &syscall.SockaddrUnix{Name: r.socket}))
	must(t, syscall.Close(fd))
	l, err := ListenControl(r.socket, nil)
	must(t, err)
	must(t, l.Close())
	// What is no socket is nobody's to remove, though connecting to it fails in the same way.
	precious, empty := filepath.Join(t.TempDir(), "precious"), t.TempDir()
	must(t, os.WriteFile(precious, []byte("x"), 0o600))
	for _, path := range []string{precious, empty} {
		if _, err := ListenControl(path, nil); err == nil || !strings.Contains(err.Error(), "is no socket") || !exists(path) {
			t.Errorf("%s in the place of the socket: %v", path, err)
		}
	}
	long := filepath.Join(empty, strings.Repeat("x", 120))
	if _, err := ListenControl(long, nil); err == nil || !strings.Contains(err.Error(), "100 bytes") {
		t.Errorf("a socket with a long path: %v", err)
	}
	if _, err := api.NewClient(r.socket).Status(context.Background()); err == nil || !strings.Contains(err.Error(), "no daemon answers on "+r.socket) {
		t.Errorf("a client without a daemon: %v", err)
	}
}

// TestRulesAndTop reads the counts of rules and the busiest keys.
func TestRulesAndTop(t *testing.T) {
	r := start(t, "", map[string]string{"scan.hcl": scanRule, "a.hcl": portRule("a", "23")})
	for i := range 20 {
		r.source.send(t, batchOf(syn(t, "198.51.100.7", 1000+i, i)))
	}
	r.source.send(t, batchOf(syn(t, "10.0.0.1", 23, 30)))
	rules, err := r.client.Rules(context.Background())
	if err != nil || len(rules) != 2 {
		t.Fatalf("%v, %+v", err, rules)
	}
	a, scan := rules[0], rules[1]
	if a.Name != "a" || a.Matched != 1 || a.Alerts != 1 || a.Severity != scale.SeverityLow || a.LastAlert == nil || !a.LastAlert.Equal(epoch.Add(30*time.Millisecond)) {
		t.Errorf("a: %+v", a)
	}
	if scan.Matched != 21 || scan.Alerts != 1 || scan.Suppressed != 15 || scan.Keys != 2 || scan.Category != "recon" || scan.LastKey["ip.src"] != "198.51.100.7" {
		t.Errorf("scan: %+v", scan)
	}
	top, err := r.client.Top(context.Background())
	if err != nil || top.Packets != 21 || top.Alerts != 2 || len(top.Hottest) == 0 || top.Hottest[0].Key["ip.src"] != "198.51.100.7" || top.Hottest[0].Packets < 10 {
		t.Errorf("%v, %+v", err, top)
	}
}
