package browser

import (
	"strings"
	"testing"
	"time"
)

// TestChanges: two rule sets beside each other, file by file, and a rule with its text, what a rule set changes of it, and its page.
func TestChanges(t *testing.T) {
	t.Parallel()
	b := open(t, newServer(t, true))
	b.visit("/rules")
	b.wait(stepWithin, `document.querySelectorAll(".sets > li").length === 2`)
	b.visit("/rules") // with costs and overrides
	b.button("What changed")
	b.wait(stepWithin, `document.querySelectorAll(".change").length === 2`)
	for _, side := range []bool{false, true} {
		if side {
			b.button("Side by side")
			b.wait(stepWithin, `document.querySelector(".diff.side")`)
		}
		var went, came string
		b.eval(`[...document.querySelectorAll(".diff .gone")].map((e) => e.innerText).join("\n")`, &went)
		b.eval(`[...document.querySelectorAll(".diff .new")].map((e) => e.innerText).join("\n")`, &came)
		if !strings.Contains(went, "threshold = 15") || strings.Contains(went, "threshold = 25") || !strings.Contains(came, "threshold = 25") || !strings.Contains(came, `override "brute_force"`) || strings.Contains(came, "scanners\" {") {
			t.Errorf("side by side %v: these went:\n%s\nthese came:\n%s", side, went, came)
		}
		b.accessible("what changed")
	}
	b.eval(`[...document.querySelectorAll(".rules a.strong")].find((a) => a.innerText === "port_scan").click()`, nil)
	b.wait(stepWithin, `document.querySelector(".drawer .markdown")`)
	var text string
	b.eval(`document.querySelector(".drawer").innerText`, &text)
	for _, part := range []string{`rule "port_scan" {`, `override "port_scan" {`, "FALSE POSITIVES", "ns for each packet", "stdlib/recon/port_scan.hcl", "site.hcl"} {
		if !strings.Contains(text, part) {
			t.Errorf("the rule is shown without %s:\n%s", part, text)
		}
	}
	b.accessible("a rule")
	b.eval(`[...document.querySelectorAll(".markdown a")].find((a) => a.innerText === "stealth_scan").click()`, nil)
	b.wait(stepWithin, `document.querySelector(".drawer h2").innerText === "stealth_scan"`)
	b.content()
}

// TestNarrow: a narrow window has four pages and a way to the others at its foot, and needs no scrolling sideways.
func TestNarrow(t *testing.T) {
	t.Parallel()
	b := open(t, newServer(t, false))
	for _, width := range []int64{360, 390, 720} {
		b.look("dark", width, 800)
		b.visit("/")
		var shown int
		b.eval(`[...document.querySelectorAll(".rail a, .rail .others")].filter((e) => e.checkVisibility() && e.getBoundingClientRect().right <= innerWidth).length`, &shown)
		if shown != 5 || b.is(`document.querySelector(".rail").scrollWidth > innerWidth || document.documentElement.scrollWidth > innerWidth`) {
			t.Errorf("%d pixels: %d at the foot", width, shown)
		}
		b.visit("/rules")
		if b.is(`!document.querySelector(".rules") || document.querySelector(".rules").scrollWidth > document.querySelector(".rules").closest(".scroll").clientWidth`) {
			t.Errorf("%d pixels: the table of rules is wider than its place", width)
		}
	}
	b.button("More")
	b.wait(stepWithin, `document.querySelector('.rail a[href="/decisions"]').checkVisibility()`)
	b.accessible("the pages of a narrow window")
	b.eval(`document.querySelector('.rail a[href="/decisions"]').click()`, nil)
	b.wait(stepWithin, `document.querySelector("main h1").innerText === "Decisions" && !document.querySelector('.rail a[href="/rules"]').checkVisibility()`)
	b.content()
}

// TestLogins: of the made-up fleet logins follow, too.
func TestLogins(t *testing.T) {
	t.Parallel()
	s := newServer(t, true)
	count := func() int {
		var l struct{ Total map[string]int }
		s.ask("GET", "/api/v1/logins", nil, &l)
		return l.Total["failure"] + l.Total["success"]
	}
	before := count()
	until(t, time.Minute, "a login follows", func() bool { time.Sleep(200 * time.Millisecond); return count() > before })
}
