package browser

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/ruleids/ruleids/fleet/bundle"
	"github.com/ruleids/ruleids/fleet/link"
)

// TestAlert: an alert is on the page within two seconds of its packet, on the overview and in the feed, and in the title of a tab that
// nobody looks at.
func TestAlert(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	a := join(t, s, "berlin-edge")
	b := open(t, s)
	for i, path := range []string{"/", "/feed"} {
		b.visit(path)
		b.wait(stepWithin, `document.querySelector(".connection.live")`)
		message := []string{"the first scan", "the second scan"}[i]
		x := scan("203.0.113.7", message)
		a.link.Send(x)
		b.wait(10*time.Second, `document.querySelector("main").innerText.includes("`+message+`")`)
		took := time.Since(time.Unix(0, x.Time))
		t.Logf("%s: on the page after %v", path, took.Round(time.Millisecond))
		if took > 2*time.Second {
			t.Errorf("%s: an alert is on the page after %v only", path, took)
		}
	}
	b.content()
}

// TestBlock: a block from an alert reaches every agent, in both tabs of the person; a release does, too.
func TestBlock(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	one, two := join(t, s, "berlin-edge"), join(t, s, "osaka-edge")
	one.link.Send(scan("203.0.113.7", "a scan"))
	b := open(t, s)
	other := b.another()
	other.visit("/decisions")
	b.visit("/inbox")
	b.wait(stepWithin, `document.querySelector(".group a")`)
	b.eval(`document.querySelector(".group a").click()`, nil)
	b.button("Block 203.0.113.7")
	b.wait(stepWithin, `document.querySelector("dialog[open]")`)
	b.accessible("the dialog of a block")
	b.button("Block at all agents")
	until(t, 5*time.Second, "both agents keep it out", func() bool { return one.blocked("203.0.113.7") && two.blocked("203.0.113.7") })
	b.wait(stepWithin, `!document.querySelector("dialog[open]")`)
	other.wait(5*time.Second, `document.querySelector("main").innerText.includes("203.0.113.7")`)
	other.button("Release")
	other.wait(stepWithin, `document.querySelector("dialog[open]")`)
	other.eval(`document.querySelector("dialog button.primary").click()`, nil)
	until(t, 5*time.Second, "both agents let it in", func() bool { return !one.blocked("203.0.113.7") && !two.blocked("203.0.113.7") })
	b.content()
	other.content()
}

// TestEvidence: the packets of an alert come from the agent; why they do not is said.
func TestEvidence(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	a := join(t, s, "berlin-edge")
	for i, file := range []string{"/var/lib/ruleids/evidence/x.pcapng", "/var/lib/ruleids/evidence/gone.pcapng"} {
		x := scan(fmt.Sprintf("203.0.113.%d", i+1), "a scan")
		x.Evidence = file
		a.link.Send(x)
	}
	b := open(t, s)
	b.eval(`URL.createObjectURL = (blob) => { window.kept = blob.text(); return "#"; }`, nil)
	ask := func(src string) {
		b.eval(`document.querySelector('.rail a[href="/feed"]').click()`, nil)
		b.wait(stepWithin, `document.querySelectorAll(".feedrow").length === 2`)
		b.eval(`[...document.querySelectorAll(".feedrow")].find((r) => r.innerText.includes("`+src+`")).click()`, nil)
		b.button("The packets")
	}
	ask("203.0.113.1")
	b.wait(stepWithin, `document.querySelector(".toasts").innerText.includes("The packets are in the downloads.")`)
	var kept string
	b.eval(`window.kept`, &kept)
	if kept != packets {
		t.Errorf("%q was kept", kept)
	}
	b.eval(`document.querySelector(".drawer .shut").click()`, nil)
	b.tolerate(true) // of what is not there
	ask("203.0.113.2")
	b.wait(stepWithin, `document.querySelector(".toasts").innerText.includes("there is no file gone.pcapng")`)
	b.tolerate(false)
	b.content()
}

// TestException: an exception from an alert is tried on what is stored, signed in the page with the operator's key, and goes to a
// canary first; one with an end is added to it. A rule set that another key signed is not signed again with this one.
func TestException(t *testing.T) {
	t.Parallel()
	s := newServer(t, false)
	secret, public, err := bundle.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	s.ask("PUT", "/api/v1/operator-key", map[string]any{"key": public}, nil)
	agents := []*agent{join(t, s, "berlin-edge"), join(t, s, "osaka-edge")}
	agents[0].link.Send(scan("203.0.113.7", "a scan"))
	agents[0].link.Send(scan("203.0.113.8", "another scan"))
	other, _, err := bundle.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]string{"operator.key": secret, "other.key": other}
	for name, text := range keys {
		keys[name] = filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(keys[name], []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b := open(t, s)
	propose := func(how, src, key string) {
		t.Helper()
		b.visit("/feed?q=src:" + src)
		b.wait(stepWithin, `document.querySelector(".feedrow")`)
		b.eval(`document.querySelector(".feedrow").click()`, nil)
		b.button(how)
		b.wait(stepWithin, `document.querySelector(".verdict")?.innerText.startsWith("Of the 2 alerts of this rule in 7 days it would have removed 1.")`)
		b.eval(`document.querySelector(".push").open = true`, nil)
		b.wait(stepWithin, `document.querySelector("input[type=file]").checkVisibility()`)
		b.accessible("the dialog of an exception")
		b.do(chromedp.SetUploadFiles("input[type=file]", []string{keys[key]}))
		b.eval(`(() => { for (const [name, value] of [["canary", "0.5"], ["for", "1m"]]) document.querySelector("select[name=" + name + "]").value = value; })()`, nil)
		b.shoot("exception")
		b.button("Sign and push")
	}
	with := func() (paths []string) {
		for _, a := range agents {
			if a.rules() != "" {
				path, _ := link.RuleSet(a.dir)
				paths = append(paths, path)
			}
		}
		return paths
	}
	texts := func() string {
		var all strings.Builder
		for _, path := range with() {
			text, err := os.ReadFile(filepath.Join(path, "exceptions.hcl"))
			if err != nil && !errors.Is(err, fs.ErrNotExist) { // one set takes the place of another
				t.Fatal(err)
			}
			all.Write(text)
		}
		return all.String()
	}
	b.tolerate(true) // a refusal is answered by 403
	propose("Except…", "203.0.113.7", "other.key")
	b.wait(stepWithin, `document.querySelector(".push .fault")?.innerText.includes("not signed with the operator's key")`)
	b.tolerate(false)
	propose("Except…", "203.0.113.7", "operator.key")
	b.wait(stepWithin, `!document.querySelector("dialog[open]")`)
	until(t, 10*time.Second, "one agent has it", func() bool { return len(with()) == 1 })
	until(t, 10*time.Second, "the canary has the exception", func() bool {
		text := texts()
		return strings.Contains(text, `override "port_scan"`) && strings.Contains(text, `{ where = "ip.src == '203.0.113.7'" }`)
	})
	b.visit("/rules")
	b.wait(stepWithin, `document.querySelector(".sets").innerText.includes("with canaries")`)

	// The set that runs now is the base of the next one, where the same key signed it.
	propose("Mute…", "203.0.113.8", "other.key")
	b.wait(stepWithin, `document.querySelector(".push .fault")?.innerText.includes("was not signed with this key. Nothing was pushed.")`)
	propose("Mute…", "203.0.113.8", "operator.key")
	b.wait(stepWithin, `!document.querySelector("dialog[open]")`)
	until(t, 10*time.Second, "the canary has both", func() bool {
		text := texts()
		return strings.Contains(text, `'203.0.113.7'`) && strings.Contains(text, `'203.0.113.8'`) && strings.Contains(text, `until = "20`)
	})
	if n := len(with()); n != 1 {
		t.Errorf("%d agents have it: there is no canary", n)
	}
	b.content()
}
