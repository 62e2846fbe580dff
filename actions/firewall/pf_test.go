//go:build unix

package firewall

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ruleids/ruleids/actions/decision"
	"github.com/ruleids/ruleids/internal/setting"
)

var updatePf = flag.Bool("update-pf", false, "write the golden files of the backend pf")

// A fakePf is pfctl of a made-up system. It notes what it was asked, and answers as pfctl does.
type fakePf struct {
	mu      sync.Mutex
	asked   strings.Builder
	enabled bool
	main    string // the rules of /etc/pf.conf
	rules   string // of the anchor
	tables  map[string][]string
	fails   string // a command that fails
}

func (f *fakePf) run(_ context.Context, input string, args ...string) (output, complaint string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	command := strings.Join(args, " ")
	fmt.Fprintln(&f.asked, "pfctl", command)
	for line := range lines(input) {
		fmt.Fprintln(&f.asked, "  <", line)
	}
	if f.fails != "" && strings.Contains(command, f.fails) {
		return "", "pfctl: Cannot allocate memory.", errors.New("exit status 1: pfctl: Cannot allocate memory.")
	}
	switch {
	case command == "-s info":
		if f.enabled {
			return "Status: Enabled for 0 days 01:02:03           Debug: Urgent\n", "", nil
		}
		return "Status: Disabled                              Debug: Urgent\n", "", nil
	case command == "-E":
		f.enabled = true
		return "", "pf enabled\nToken : 1234567890\n", nil
	case command == "-s rules":
		return f.main, "", nil
	case command == "-a com.ruleids -s labels":
		out := ""
		for line := range lines(f.rules) {
			if _, label, ok := strings.Cut(line, `label "`); ok {
				out += strings.TrimSuffix(label, `"`) + " 40 3 180 3 180 0 0\n"
			}
		}
		return out, "", nil
	case command == "-a com.ruleids -f -":
		f.rules = input
		for _, k := range kinds() {
			if f.tables[string(k)] == nil {
				f.tables[string(k)] = []string{}
			}
		}
		return "", "", nil
	case strings.HasPrefix(command, "-a com.ruleids -t "):
		return f.table(args[3], args[5], input)
	case command == "-a com.ruleids -F rules":
		f.rules = ""
		return "", "rules cleared", nil
	case command == "-a com.ruleids -F Tables" && len(f.tables) == 0:
		return "", "pfctl: Anchor or Ruleset does not exist.", errors.New("exit status 1")
	case command == "-a com.ruleids -F Tables":
		f.tables = map[string][]string{}
		return "", "2 tables deleted.", nil
	}
	return "", "", fmt.Errorf("pfctl has no %q", command)
}

func (f *fakePf) table(name, command, input string) (output, complaint string, err error) {
	have, there := f.tables[name]
	if !there {
		return "", "pfctl: Table does not exist.", errors.New("exit status 255")
	}
	for line := range lines(input) {
		i := slices.Index(have, line)
		switch {
		case command == "add" && i < 0:
			have = append(have, line)
		case command == "delete" && i >= 0:
			have = slices.Delete(have, i, i+1)
		}
	}
	f.tables[name] = have
	if command == "show" {
		for _, m := range have {
			output += "   " + m + "\n"
		}
	}
	return output, "", nil
}

func (f *fakePf) members(name string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.tables[name])
}

func fakeMac() *fakePf {
	return &fakePf{main: "scrub-anchor \"com.apple/*\" all fragment reassemble\nanchor \"com.apple/*\" all\nanchor \"com.ruleids\" all\n", tables: map[string][]string{}}
}

func pfOf(t *testing.T, f *fakePf, change func(*Config)) *Firewall {
	t.Helper()
	c := setting.New[Config]()
	c.Backend = Pf
	if change != nil {
		change(c)
	}
	b := newPf(c, "darwin", f.run, slog.New(slog.DiscardHandler))
	t.Cleanup(func() { b.Close() })
	return &Firewall{backend: b}
}

// TestPfCommands compares what pfctl is asked with a golden file for each story.
func TestPfCommands(t *testing.T) {
	for name, story := range map[string]func(t *testing.T, f *fakePf){
		"apply": func(t *testing.T, f *fakePf) {
			fw := pfOf(t, f, nil)
			for range 2 { // the second finds everything there
				if err := fw.Apply(t.Context(), changesOf(t)); err != nil {
					t.Fatal(err)
				}
			}
		},
		"hooks": func(t *testing.T, f *fakePf) {
			f.enabled = true
			fw := pfOf(t, f, func(c *Config) { c.Hooks, c.Verdict = []string{"FORWARD"}, reject })
			if err := fw.Apply(t.Context(), changesOf(t)[:1]); err != nil {
				t.Fatal(err)
			}
		},
		"repair": func(t *testing.T, f *fakePf) {
			fw := pfOf(t, f, nil)
			if missing, err := fw.Repair(t.Context()); err != nil || missing != nil {
				t.Errorf("before anything is there: %q, %v", missing, err)
			}
			if err := fw.Apply(t.Context(), changesOf(t)); err != nil {
				t.Fatal(err)
			}
			f.rules, f.enabled, f.tables["block"] = "", false, nil
			missing, err := fw.Repair(t.Context())
			if err != nil || len(missing) != 4 || missing[0] != "pf was disabled" || missing[3] != "1 of 1 members of the set block6" {
				t.Errorf("%q, %v", missing, err)
			}
		},
		"flush": func(t *testing.T, f *fakePf) {
			fw := pfOf(t, f, nil)
			if err := fw.Apply(t.Context(), changesOf(t)); err != nil {
				t.Fatal(err)
			}
			if err := fw.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			if s, err := fw.Show(t.Context()); err != nil || s.Installed {
				t.Errorf("%+v, %v", s, err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := fakeMac()
			story(t, f)
			path := filepath.Join("testdata", "pf-"+name+".txt")
			if *updatePf {
				if err := os.WriteFile(path, []byte(f.asked.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got := f.asked.String(); got != string(want) {
				t.Errorf("pfctl is asked\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestPfListAndShow(t *testing.T) {
	f := fakeMac()
	fw := pfOf(t, f, nil)
	if err := fw.Apply(t.Context(), changesOf(t)); err != nil {
		t.Fatal(err)
	}
	f.tables["block"] = append(f.tables["block"], "192.0.2.1") // by somebody else
	members, err := fw.List(t.Context())
	if err != nil || len(members) != 3 {
		t.Fatalf("%v, %v", members, err)
	}
	for _, m := range members {
		if forever := m.Kind == decision.Block; m.Until.IsZero() != forever || !forever && time.Until(m.Until).Round(time.Minute) != 10*time.Minute {
			t.Errorf("%v ends %v", m.Target, m.Until)
		}
	}
	s, err := fw.Show(t.Context())
	if err != nil || !s.Installed || len(s.Jumps) != 1 || s.Jumps[0].Position != 3 || s.Sets[0].Members != 2 {
		t.Errorf("%+v, %v", s, err)
	}
	if c, err := fw.Counters(t.Context()); err != nil || c[decision.Block] != (Count{3, 180}) {
		t.Errorf("%v, %v", c, err)
	}
}

// TestPfEnds waits until a member ends.
func TestPfEnds(t *testing.T) {
	f := fakeMac()
	fw := pfOf(t, f, nil)
	target := decision.TargetOfPrefix(netip.MustParsePrefix("198.51.100.7/32"))
	if err := fw.Apply(t.Context(), []decision.Change{{Member: decision.Member{Target: target, Kind: decision.Quarantine, Until: time.Now().Add(time.Second)}}}); err != nil {
		t.Fatal(err)
	}
	if got := f.members("quarantine"); len(got) != 1 {
		t.Fatalf("%q", got)
	}
	for start := time.Now(); len(f.members("quarantine")) > 0; time.Sleep(20 * time.Millisecond) {
		if time.Since(start) > 20*time.Second {
			t.Fatal("the member does not end")
		}
	}
}

// TestPfFlushNothing flushes where the anchor never was, or is no longer: as whoever removes the program does, twice.
func TestPfFlushNothing(t *testing.T) {
	fw := pfOf(t, fakeMac(), nil)
	for range 2 {
		if err := fw.Flush(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func TestPfFails(t *testing.T) {
	add := changesOf(t)[:2]
	f := fakeMac()
	f.main = "anchor \"com.apple/*\" all\n"
	if err := pfOf(t, f, nil).Apply(t.Context(), add); err == nil || !strings.Contains(err.Error(), `write the line anchor "com.ruleids" into /etc/pf.conf`) {
		t.Errorf("without the anchor: %v", err)
	}
	f = fakeMac()
	f.fails = "-T add"
	if err := pfOf(t, f, nil).Apply(t.Context(), add); err == nil || !strings.Contains(err.Error(), "Cannot allocate memory") {
		t.Errorf("without memory: %v", err)
	}
	var partial *decision.PartialError
	err := pfOf(t, fakeMac(), func(c *Config) { c.SetSize = 1 }).Apply(t.Context(), []decision.Change{add[0], {Member: decision.Member{
		Target: decision.TargetOfPrefix(netip.MustParsePrefix("198.51.100.8/32")), Kind: decision.Quarantine,
	}}})
	if !errors.As(err, &partial) || len(partial.Changes) != 1 || !strings.Contains(err.Error(), "set_size") {
		t.Errorf("beyond set_size: %v", err)
	}
	c := setting.New[Config]()
	c.Backend = Pf
	b := newPf(c, "freebsd", fakeMac().run, slog.New(slog.DiscardHandler))
	if err := b.Apply(t.Context(), add); err == nil || !strings.Contains(err.Error(), "pf_enable=YES") {
		t.Errorf("disabled: %v", err)
	}
}
