package browser

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/ruleids/ruleids/fleet/bundle"
)

// guide is the documentation of the page.
const guide = "../../docs/dashboard.md"

// A reader does what a section of the guide says, by the words of the section alone: names on the page are in quotes there, keys in
// code.
type reader struct {
	*tab
	section  string
	unused   []string // names of the section that were not come by yet
	operator string   // the file of the operator's key
}

var (
	inQuotes = regexp.MustCompile(`"([^"]+)"`)
	spaces   = regexp.MustCompile(`\s+`)
)

// name returns a name that the section has in quotes.
func (r *reader) name(name string) string {
	r.t.Helper()
	if !strings.Contains(r.section, `"`+name+`"`) {
		r.t.Errorf("the section does not name %q", name)
	}
	r.unused = slices.DeleteFunc(r.unused, func(n string) bool { return n == name })
	return name
}

// key presses a key that the section names.
func (r *reader) key(name, key string) {
	r.t.Helper()
	if !strings.Contains(r.section, "`"+name+"`") && !strings.Contains(r.section, "("+name+")") {
		r.t.Errorf("the section does not name the key %s", name)
	}
	r.press(key)
}

// click clicks what can be clicked and has a name of the section.
func (r *reader) click(name string) {
	r.t.Helper()
	r.push(`button, summary, label, a.button`, r.name(name))
}

// push clicks the first of some elements that can be seen whose text begins so; where a dialog is open, in that.
func (r *reader) push(what, text string) {
	r.t.Helper()
	q, _ := json.Marshal(text) // a string can be written
	found := `[...(document.querySelector("dialog[open]") ?? document).querySelectorAll("` + what + `")].find((e) => e.checkVisibility() && !e.disabled && e.innerText.trim().startsWith(` + string(q) + `))`
	r.wait(stepWithin, found)
	r.eval(found+".click()", nil)
}

// confirm clicks a button of the dialog that is to open: one with the same text may have opened it.
func (r *reader) confirm(text string) {
	r.t.Helper()
	r.wait(stepWithin, `document.querySelector("dialog[open]")`)
	r.push("button", text)
}

// sees waits for a name of the section.
func (r *reader) sees(name string) {
	r.t.Helper()
	q, _ := json.Marshal(r.name(name))
	r.wait(stepWithin, `document.body.textContent.includes(`+string(q)+`)`)
}

// page goes to a page as the table of the guide calls it.
func (r *reader) page(name string) {
	r.t.Helper()
	r.push(".rail li a", name)
	r.wait(stepWithin, settled)
}

// narrows writes into the field of a page, and waits until fewer of something are there.
func (r *reader) narrows(field, text, of string) {
	r.t.Helper()
	var before int
	r.wait(stepWithin, `document.querySelectorAll("`+of+`").length > 1`)
	r.eval(`document.querySelectorAll("`+of+`").length`, &before)
	r.do(chromedp.SendKeys(field, text+kb.Enter))
	q, _ := json.Marshal(before)
	r.wait(stepWithin, `document.querySelectorAll("`+of+`").length > 0 && document.querySelectorAll("`+of+`").length < `+string(q))
}

// done waits until a dialog is gone, and a message says what came of it.
func (r *reader) done(says string) {
	r.t.Helper()
	r.wait(stepWithin, `!document.querySelector("dialog[open]") && document.querySelector(".toasts").innerText.includes("`+says+`")`)
}

// inFull are the sections that a made-up fleet is enough for.
var inFull = map[string]func(*reader){
	"Is it an attack?": func(r *reader) {
		r.sees("What was done")
		r.page("Inbox")
		r.wait(stepWithin, `document.querySelector(".group.current")`)
		r.key("Enter", kb.Enter)
		r.wait(stepWithin, `["COMMUNITY ID", "WIRESHARK", "RULE", "OTHERS OF"].every((w) => document.querySelector(".drawer").textContent.toUpperCase().includes(w))`)
		r.press(kb.Escape)
		for _, act := range []struct{ name, key, press, text, says string }{
			{"Comment", "c", "c", "looked at it", "1 group: comment"}, {"Escalate", "e", "e", "ana" + kb.Tab + "look", "1 group: escalated"},
			{"Acknowledge", "a", "a", "", "1 group: acknowledged"}, {"Close", "Backspace", kb.Backspace, kb.Tab + kb.Tab + "the monitoring", "1 group: closed"},
		} {
			r.wait(stepWithin, `document.querySelector(".group.current") && [...document.querySelectorAll(".acts button")].some((b) => b.innerText.startsWith("`+r.name(act.name)+`"))`)
			r.key(act.key, act.press)
			if act.text != "" {
				r.wait(stepWithin, `document.querySelector("dialog[open]")`)
				r.press(act.text, kb.Enter)
			}
			r.done(act.says)
		}
		r.do(navigate(r.base + "/inbox?status=escalated"))
		r.wait(stepWithin, `[...document.querySelectorAll(".group .note")].some((n) => n.innerText.startsWith("admin: escalated, “look”"))`)
		r.do(navigate(r.base + "/inbox?q=rule:arp_spoof,syn_flood"))
		r.wait(stepWithin, `document.querySelectorAll(".group").length > 1`)
		r.key("x", "x")
		r.wait(stepWithin, `document.querySelectorAll(".group :checked").length === 1`)
		r.name("All … that match")
		r.key("*", "*")
		r.wait(stepWithin, `/^All \d+ that match/.test(document.querySelector(".whole").innerText.trim()) && document.querySelectorAll(".group :checked").length > 1`)
		r.key("a", "a")
		r.confirm("Acknowledge")
		r.wait(stepWithin, `/\d+ groups: acknowledged/.test(document.querySelector(".toasts").innerText)`)
		r.wait(stepWithin, `document.querySelectorAll(".group").length < 2`)
	},
	"Block an attacker, and let one back in": func(r *reader) {
		r.page("Inbox")
		r.click("Block")
		r.click("Block at all agents")
		r.done("is kept out at all agents")
		r.page("Decisions")
		r.click("Release")
		r.confirm("Release")
		r.done("is released")
	},
	"See what is on the network": func(r *reader) {
		r.page("Assets")
		r.narrows(`main input[type=search]`, "printer", "main tbody tr")
	},
	"See who logs in": func(r *reader) {
		r.page("Logins")
		r.narrows(`main input[type=search]`, "203.0.113.140", "main .bars li")
	},
	"Read what a model says": func(r *reader) {
		r.page("Models")
		r.wait(stepWithin, `document.querySelector(".model .features") && document.querySelector(".model .odd").innerText.includes("usually") && document.querySelector(".model").innerText.includes("drift")`)
	},
	"Find the right threshold": func(r *reader) {
		r.page("Analytics")
		r.sees("How close")
		r.eval(`document.querySelector(".near input[type=range]").focus()`, nil)
		r.press(kb.ArrowLeft)
		r.wait(stepWithin, `/It would have fired for .*; as it is, for/.test(document.querySelector(".near").innerText)`)
	},
	"See what a rule does": func(r *reader) {
		r.page("Rules")
		r.click("ns a packet")
		r.wait(stepWithin, `location.search.includes("by=cost")`)
		r.click("alerts")
		r.sees("off")
		r.sees("changed")
		r.narrows(`main input[type=search]`, "port_scan", ".rules tbody tr")
		r.push(".rules a", "port_scan")
		r.wait(stepWithin, `document.querySelector(".drawer .markdown")`)
	},
	"Push a rule set": func(r *reader) {
		r.page("Rules")
		r.click("What changed")
		r.wait(stepWithin, `document.querySelectorAll(".changes select").length === 2`)
		r.click("Side by side")
		r.wait(stepWithin, `document.querySelector(".diff.side")`)
		r.click("One below the other")
		r.wait(stepWithin, `document.querySelector(".diff:not(.side)")`)
		r.click("Take back")
		r.wait(stepWithin, `document.querySelector("dialog[open]")`)
		r.press("it finds too much")
		r.confirm("Take back")
		r.done("is taken back")
	},
	"Find alerts": func(r *reader) {
		r.page("Live feed")
		r.wait(stepWithin, `document.querySelector(".feedrow")`)
		r.do(chromedp.SendKeys(`.top input[type=search]`, "rule:port_scan src:203.0.113.0/24 since:2h"+kb.Enter))
		r.wait(stepWithin, `document.querySelectorAll(".feedrow").length > 1 && [...document.querySelectorAll(".feedrow")].every((x) => /port_scan/.test(x.innerText) && /203\.0\.113\./.test(x.innerText))`)
		for _, form := range []string{"CSV", "JSON"} {
			var lines int
			r.eval(`fetch([...document.querySelectorAll("a.button")].find((a) => a.innerText.trim() === "`+r.name(form)+`").href).then((x) => x.text()).then((x) => x.trim().split("\n").filter((l) => l.includes("port_scan") && l.includes("203.0.113.")).length)`, &lines)
			if lines < 2 {
				r.t.Errorf("%s has %d alerts", form, lines)
			}
		}
	},
	"When an agent is not well": func(r *reader) {
		r.page("Agents")
		r.narrows(`main input[type=search]`, "offline", ".agent")
		r.click("Add an agent")
		r.click("Make the line")
		r.wait(stepWithin, `document.querySelector("dialog[open] pre")?.innerText.startsWith("ruleids join ")`)
	},
}

// quieten is the section that needs agents and the operator's key.
const quieten = "Quieten a rule"

// TestGuide does what each section of docs/dashboard.md says, by the names that are in quotes there.
func TestGuide(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(guide)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(text), "\n## ")
	full := newServer(t, true)
	b := open(t, full)
	for _, row := range regexp.MustCompile(`(?m)^\| ([A-Z][\w ]+) \|`).FindAllStringSubmatch(parts[0], -1) {
		(&reader{tab: b}).page(row[1])
		b.wait(stepWithin, `document.querySelector("main h1").innerText.trim() === "`+row[1]+`" || document.querySelector("main h1.hidden")`)
	}
	if len(parts) != len(inFull)+2 {
		t.Errorf("the guide has %d sections, and %d are tried", len(parts)-1, len(inFull)+1)
	}
	for _, part := range parts[1:] {
		title, body, _ := strings.Cut(part, "\n")
		body = spaces.ReplaceAllString(body, " ")
		do := inFull[title]
		t.Run(title, func(t *testing.T) {
			s := full
			r := &reader{section: body}
			if title == quieten {
				s, do = newServer(t, false), quietens
				r.operator = prepare(t, s)
			} else if do == nil {
				t.Fatal("nothing tries this section")
			}
			for _, m := range inQuotes.FindAllStringSubmatch(body, -1) {
				r.unused = append(r.unused, m[1])
			}
			r.tab = open(t, s)
			do(r)
			for _, name := range r.unused {
				t.Errorf("the section names %q, and nothing tries it", name)
			}
			r.content()
		})
	}
}

// prepare gives a server two agents with an alert each, and returns the file of the operator's key.
func prepare(t *testing.T, s *fleetServer) (key string) {
	t.Helper()
	secret, public, err := bundle.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	s.ask("PUT", "/api/v1/operator-key", map[string]any{"key": public}, nil)
	key = filepath.Join(t.TempDir(), "operator.key")
	if err := os.WriteFile(key, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	agents := []*agent{join(t, s, "berlin-edge"), join(t, s, "osaka-edge")}
	agents[0].link.Send(scan("203.0.113.7", "a scan"))
	agents[1].link.Send(scan("203.0.113.8", "another scan"))
	until(t, 10*time.Second, "the server has both", func() bool {
		var page struct{ Alerts []json.RawMessage }
		s.ask("GET", "/api/v1/alerts", nil, &page)
		return len(page.Alerts) == 2
	})
	return key
}

func quietens(r *reader) {
	r.page("Inbox")
	r.click("Except")
	r.wait(stepWithin, `document.querySelector(".verdict")?.innerText.startsWith("Of the 2 alerts of this rule in 7 days it would have removed 1.")`)
	r.click("Push it to agents")
	r.sees("a tenth of the agents")
	r.do(chromedp.SetUploadFiles("input[type=file]", []string{r.operator}))
	r.click("Sign and push")
	r.done("is with one agent")
	r.page("Rules")
	r.wait(stepWithin, `document.querySelector(".sets").innerText.includes("with canaries") && document.querySelector(".sets").innerText.includes("Take back")`)
	r.page("Inbox")
	r.wait(stepWithin, `document.querySelector(".group.current")`)
	r.key("m", "m")
	r.wait(stepWithin, `document.querySelector("dialog[open] h2")?.innerText === "Mute port_scan" && document.querySelector("dialog[open] pre").innerText.includes("until = ")`)
	r.eval(`navigator.clipboard.writeText = async (text) => { window.copied = text; }`, nil)
	r.click("Copy the override")
	r.wait(stepWithin, `window.copied?.includes("override \"port_scan\"")`)
	r.press(kb.Escape)
	r.wait(stepWithin, `!document.querySelector("dialog[open]")`)
	r.press(kb.Backspace)
	r.sees("for a week")
}
