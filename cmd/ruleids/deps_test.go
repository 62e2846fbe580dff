package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// module is the path that the packages of this program begin with.
const module = "github.com/ruleids/ruleids"

// A layer is a package and the only packages of this program that it may import. Data runs one way
// through them: bytes, packet fields, plan, window state, alert, actions.
type layer struct {
	level int
	path  string
	may   []string
	tests []string // what its tests may import from above it
}

// The house: a package imports only what its row allows.
var house = []layer{
	{level: 0, path: "internal/scale"},
	{level: 0, path: "packet/application"},
	{level: 0, path: "packet", may: []string{"internal/scale", "packet/application"}},
	{level: 0, path: "internal/ansi"},
	{level: 0, path: "internal/filelock"},
	{level: 0, path: "internal/logfile"},
	{level: 0, path: "internal/stateversion"},
	{level: 0, path: "internal/retry"},
	{level: 0, path: "internal/printable"},
	{level: 0, path: "internal/diag", may: []string{"internal/ansi", "internal/printable"}},
	{level: 0, path: "internal/place"},
	{level: 0, path: "internal/scm"},
	{level: 0, path: "internal/eventlog"},
	{level: 0, path: "internal/setting", may: []string{"internal/diag", "internal/place"}},
	{level: 0, path: "internal/setting/settingtest", may: []string{"internal/setting"}},
	{level: 0, path: "internal/publicsuffix"},
	{level: 0, path: "internal/files"},
	{level: 1, path: "internal/fetch", may: []string{"internal/files", "internal/retry"}},
	{level: 0, path: "internal/geo"},
	{level: 0, path: "internal/geo/geotest"},
	{level: 0, path: "internal/literals"},
	{level: 0, path: "internal/host"},
	{level: 0, path: "docs/rules"},
	{level: 0, path: "stdlib", tests: []string{"rules", "rules/lint", "engine/ruletest"}},
	{level: 0, path: "internal/npz"},
	{level: 0, path: "internal/lazyregexp"},
	{level: 0, path: "model"},
	{level: 1, path: "model/store", may: []string{"internal/files", "model"}},
	{level: 1, path: "capture", may: []string{"packet"}},
	{level: 1, path: "capture/live", may: []string{"packet"}},
	{level: 1, path: "capture/npcap", may: []string{"packet", "capture/live"}},
	{level: 1, path: "capture/bpf", may: []string{"packet", "capture/live"}},
	{level: 1, path: "capture/afpacket", may: []string{"packet", "capture/live"}, tests: []string{"capture"}},
	{level: 1, path: "alert", may: []string{"internal/ansi", "internal/scale", "internal/printable", "packet"}},
	{level: 1, path: "capture/evidence", may: []string{"capture", "packet", "alert", "internal/files", "internal/logfile", "internal/printable", "internal/setting"}},
	{level: 1, path: "rules/fasthcl", may: []string{"internal/diag"}},
	{level: 1, path: "fleet", may: []string{"internal/scale", "internal/setting"}},
	{level: 1, path: "event/login", may: []string{"internal/lazyregexp", "packet"}},
	{level: 1, path: "event/logsource", may: []string{"internal/files", "internal/printable", "internal/stateversion", "event/login", "internal/retry", "internal/setting"}},
	{level: 1, path: "rules/lists", may: []string{"internal/diag", "packet"}},
	{level: 1, path: "rules/ast", may: []string{"packet", "rules/lists"}},
	{level: 2, path: "rules/domain", may: []string{"internal/diag", "internal/literals", "packet", "rules/ast", "rules/lists"}},
	{level: 2, path: "rules/check", may: []string{"internal/diag", "internal/publicsuffix", "packet", "rules/ast", "rules/domain", "rules/lists"}},
	{level: 2, path: "rules", may: []string{"rules/ast", "rules/check", "rules/domain", "rules/lists", "internal/geo", "model", "event/login", "internal/files", "internal/literals", "rules/fasthcl", "internal/publicsuffix", "internal/scale", "packet", "stdlib", "internal/setting", "internal/diag"}},
	{level: 2, path: "engine/window", may: []string{"packet"}},
	{level: 2, path: "engine/snapshot", may: []string{"internal/files", "internal/stateversion"}},
	{level: 2, path: "engine/conversation", may: []string{"packet", "engine/window"}},
	{level: 2, path: "assets", may: []string{"engine/window", "internal/lazyregexp", "internal/files", "packet", "packet/application", "engine/conversation", "engine/snapshot"}},
	{level: 3, path: "engine", may: []string{"assets", "internal/geo", "model", "engine/snapshot", "internal/literals", "internal/publicsuffix", "internal/diag", "internal/scale", "packet", "alert", "rules", "rules/ast", "rules/check", "rules/domain", "rules/lists", "engine/window", "engine/conversation", "packet/application"}},
	{level: 3, path: "rules/source", may: []string{"internal/fetch", "internal/files", "internal/setting", "rules", "rules/lists"}},
	{level: 3, path: "rules/lint", may: []string{"packet", "stdlib", "internal/diag", "rules", "rules/ast", "rules/domain", "rules/lists"}},
	{level: 3, path: "rules/format", may: []string{"internal/diag", "packet", "rules", "rules/fasthcl"}},
	{level: 3, path: "actions/output", may: []string{"internal/eventlog", "internal/files", "internal/filelock", "internal/logfile", "internal/retry", "internal/scale", "packet", "alert", "internal/setting"}},
	{level: 3, path: "actions/reputation", may: []string{"internal/stateversion", "internal/files", "internal/retry", "internal/scale", "internal/printable", "internal/setting"}},
	{level: 3, path: "actions/decision", may: []string{"internal/stateversion", "internal/files", "internal/filelock", "internal/logfile", "internal/retry", "internal/scale", "internal/printable", "packet", "alert", "internal/setting", "internal/host"}},
	{level: 1, path: "event/honeypot", may: []string{"internal/place", "internal/logfile", "internal/retry", "internal/printable", "packet", "internal/setting"}},
	{level: 3, path: "actions/firewall", may: []string{"internal/setting", "actions/decision"}},
	{level: 3, path: "actions/notify", may: []string{"internal/files", "internal/retry", "internal/scale", "internal/printable", "packet", "alert", "internal/setting"}},
	{level: 3, path: "actions/telegram", may: []string{"internal/setting", "internal/retry", "internal/scale", "internal/printable", "packet", "alert", "actions/decision", "actions/notify"}},
	{level: 1, path: "fleet/pki", may: []string{"internal/files"}},
	{level: 2, path: "fleet/bus", may: []string{"fleet"}},
	{level: 2, path: "fleet/cluster", may: []string{"fleet"}},
	{level: 0, path: "fleet/cluster/clustertest"},
	{level: 1, path: "fleet/bundle"},
	{level: 2, path: "fleet/link", may: []string{"internal/files", "internal/stateversion", "alert", "packet", "internal/scale", "fleet", "fleet/bundle", "fleet/pki"}},
	{level: 1, path: "fleet/live"},
	{level: 1, path: "fleet/ui"},
	{level: 1, path: "fleet/query", may: []string{"internal/scale", "internal/setting"}},
	{level: 2, path: "fleet/store", may: []string{"internal/files", "internal/stateversion", "alert", "packet", "internal/scale", "fleet/query"}},
	{level: 2, path: "fleet/store/storetest", may: []string{"alert", "packet", "internal/scale", "fleet/store"}},
	{level: 2, path: "fleet/state", may: []string{"fleet", "internal/printable", "internal/stateversion", "fleet/store"}},
	{level: 2, path: "fleet/roster", may: []string{"fleet", "fleet/state"}},
	{level: 3, path: "fleet/share", may: []string{"internal/printable", "internal/setting", "actions/decision", "fleet", "fleet/state"}},
	{level: 3, path: "fleet/hosts", may: []string{"assets", "fleet"}},
	{level: 3, path: "fleet/demo", may: []string{"assets", "alert", "packet", "internal/scale", "fleet", "fleet/bundle", "fleet/state", "fleet/store"}},
	{level: 3, path: "fleet/inbox", may: []string{"alert", "packet", "internal/scale", "rules", "rules/ast", "engine", "fleet/query", "fleet/state", "fleet/store"}, tests: []string{"stdlib"}},
	{level: 3, path: "fleet/rollout", may: []string{"fleet/bundle", "fleet/query", "fleet/roster", "fleet/state", "fleet/store"}},
	{level: 3, path: "fleet/api", tests: []string{"fleet/store/storetest", "stdlib", "docs/rules"}, may: []string{"fleet/cluster", "fleet/hosts", "fleet/inbox", "internal/printable", "alert", "internal/scale", "internal/setting", "fleet", "fleet/bundle", "fleet/rollout", "fleet/live", "fleet/pki", "fleet/query", "fleet/roster", "fleet/share", "fleet/state", "fleet/store"}},
	{level: 4, path: "fleet/correlate", may: []string{"alert", "packet", "stdlib", "rules", "engine"}},
	{level: 4, path: "fleet/server", tests: []string{"fleet/cluster/clustertest", "fleet/store/storetest", "fleet/link", "internal/setting"}, may: []string{"internal/files", "fleet/hosts", "alert", "rules", "engine", "stdlib", "docs/rules", "fleet/bundle", "fleet/rollout", "fleet/correlate", "fleet/query", "internal/filelock", "fleet", "fleet/api", "fleet/bus", "fleet/cluster", "fleet/demo", "fleet/live", "fleet/pki", "fleet/roster", "fleet/share", "fleet/state", "fleet/store", "fleet/ui"}},
	{level: 3, path: "agent/config", may: []string{"capture/evidence", "event/logsource", "fleet", "internal/files", "packet", "internal/setting", "internal/diag", "rules", "rules/source", "event/honeypot", "actions/decision", "actions/firewall", "actions/notify", "actions/output",
		"actions/reputation", "actions/telegram"}},
	{level: 3, path: "agent/api", may: []string{"assets", "internal/retry", "event/logsource", "fleet", "internal/diag", "alert", "actions/decision", "actions/notify", "actions/output", "actions/reputation", "actions/telegram", "event/honeypot"}},
	{level: 4, path: "agent", may: []string{"internal/files", "internal/stateversion", "assets", "capture/evidence", "internal/fetch", "internal/retry", "rules/source", "model", "model/store", "event/login", "event/logsource", "fleet", "fleet/link", "internal/setting", "actions/firewall", "internal/host", "internal/place", "internal/printable", "internal/filelock", "agent/api", "internal/scale", "packet", "internal/diag", "capture", "capture/live", "capture/afpacket", "capture/npcap", "capture/bpf", "alert", "rules", "rules/lists", "engine", "engine/snapshot", "event/honeypot",
		"actions/decision", "actions/notify", "actions/output", "actions/reputation", "actions/telegram", "agent/config"}},
	{level: 4, path: "agent/tray", may: []string{"agent/api"}},
	{level: 4, path: "agent/doctor", may: []string{"actions/decision", "actions/firewall", "agent", "agent/api", "agent/config", "fleet/link", "internal/diag"}},
	{level: 4, path: "engine/ruletest", may: []string{"internal/ansi", "internal/geo", "model", "event/login", "internal/files", "internal/scale", "internal/printable", "packet", "packet/application", "internal/setting", "internal/diag", "capture", "alert", "rules", "engine"}},
	{level: 4, path: "lsp", may: []string{"internal/lazyregexp", "internal/diag", "packet", "capture", "rules", "rules/ast", "rules/lint", "rules/format", "engine", "engine/ruletest"}, tests: []string{"stdlib"}},
	{level: 4, path: "study", may: []string{"capture", "alert", "rules", "engine", "packet", "internal/scale"}},
	{level: 0, path: "imports", may: []string{"internal/lazyregexp", "internal/scale"}},
	{level: 1, path: "report/demo"},
	{level: 4, path: "report", may: []string{"assets", "alert", "engine", "internal/printable", "internal/scale", "packet"}},
	{level: 5, path: "lab/bench", may: []string{"assets", "packet", "stdlib", "capture", "alert", "rules", "engine"}, tests: []string{"capture/evidence", "internal/setting"}},
	{level: 5, path: "lab", tests: []string{"agent/api", "fleet/cluster/clustertest"}},
	{level: 5, path: "lab/browser"},
	{level: 5, path: "lab/wine"},
	{level: 5, path: "lab/rate", may: []string{"agent/api", "packet", "stdlib", "capture/live", "rules", "engine", "agent"}},
	{level: 5, path: "cmd/ruleids", may: []string{"assets", "internal/fetch", "rules/source", "report", "report/demo", "internal/files", "internal/logfile", "internal/place", "internal/scm", "internal/eventlog", "internal/ansi", "agent/api", "internal/scale", "internal/printable", "packet", "internal/setting", "internal/diag", "stdlib", "capture", "alert", "rules", "rules/ast", "rules/lists", "rules/lint", "rules/format", "engine", "engine/ruletest", "model", "model/store", "internal/npz",
		"study", "lsp", "imports",
		"fleet/api", "fleet/bundle", "fleet/link", "fleet/pki", "fleet/rollout", "fleet/roster", "fleet/server", "fleet/share", "fleet/state",
		"capture/evidence", "event/honeypot", "event/login", "actions/decision", "actions/firewall", "actions/notify", "actions/output", "actions/reputation", "agent/config", "agent", "agent/doctor", "agent/tray", "internal/host"}},
}

// TestDependencies fails on an import that the house does not allow. Tests may reach further: to any
// package that is not above their own, as an engine's test reads captures, and to those in their row,
// as the test of the shipped rules loads them.
func TestDependencies(t *testing.T) {
	rows := map[string]layer{}
	for _, l := range house {
		rows[l.path] = l
		for _, m := range l.may {
			if below, ok := rows[m]; !ok || below.level > l.level {
				t.Errorf("the row of %s allows %s, which is not below it", l.path, m)
			}
		}
	}
	for _, p := range listPackages(t) {
		path := local(p.ImportPath)
		row, ok := rows[path]
		if !ok {
			t.Errorf("package %s has no row in the table of this test: say what it may import", path)
			continue
		}
		for _, imp := range p.Imports {
			if to := local(imp); to != "" && !slices.Contains(row.may, to) {
				t.Errorf("%s imports %s, which its row does not allow (level %d may import %s)", path, to, row.level, or(strings.Join(row.may, ", "), "nothing of this program"))
			}
		}
		for _, imp := range slices.Concat(p.TestImports, p.XTestImports) {
			to := local(imp)
			if to == "" || to == path {
				continue
			}
			if rows[to].level > row.level && !slices.Contains(row.tests, to) {
				t.Errorf("a test of %s imports %s, which is above it", path, to)
			}
		}
	}
}

// TestNoCgo holds the binary to pure Go, since it ships as one static file.
func TestNoCgo(t *testing.T) {
	for _, p := range listPackages(t) {
		if len(p.CgoFiles) > 0 {
			t.Errorf("%s uses cgo: %s", p.ImportPath, strings.Join(p.CgoFiles, ", "))
		}
	}
}

// listed is what `go list -json` tells of a package.
type listed struct {
	ImportPath                         string
	Imports, TestImports, XTestImports []string
	CgoFiles                           []string
}

func listPackages(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Imports,TestImports,XTestImports,CgoFiles", module+"/...")
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, exit.Stderr)
		}
		t.Fatalf("%v: %v", cmd, err)
	}
	var ps []listed
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := dec.Decode(&p); err == io.EOF {
			return ps
		} else if err != nil {
			t.Fatal(err)
		}
		ps = append(ps, p)
	}
}

// local returns the path of a package of this program below its module, and "" for any other.
func local(path string) string {
	rest, ok := strings.CutPrefix(path, module+"/")
	if !ok {
		return ""
	}
	return rest
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
