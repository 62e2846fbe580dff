package browser

import (
	"testing"
	"time"
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
