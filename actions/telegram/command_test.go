package telegram

import (
	"fmt"
	"html"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/ruleids/ruleids/actions/decision"
)

func TestParseCommand(t *testing.T) {
	for in, want := range map[string]string{
		"/block 1.2.3.4":                   "block|1.2.3.4|false",
		"  /Block@ruleids_bot \n 1.2.3.4 ": "block|1.2.3.4|true",
		"/block\u00a01.2.3.4\u2003x  y":    "block|1.2.3.4\u2003x  y|false",
		"/block@other 1.2.3.4":             "||false",
		"/block@ 1.2.3.4":                  "||false",
		"block 1.2.3.4":                    "||false",
		"/":                                "||false",
		"":                                 "||false",
	} {
		name, args, addressed := parseCommand(in, "Ruleids_Bot")
		if got := fmt.Sprintf("%s|%s|%v", name, args, addressed && name != ""); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}

func TestCommands(t *testing.T) {
	long := strings.Repeat("x", 400)
	for _, c := range []struct{ says, asks, answer string }{
		{"/block 198.51.100.7", "block 198.51.100.7 0s", "✅ <code>block of 198.51.100.7: decided: block of 198.51.100.7 until it is lifted, by telegram User 7 @evil\\u202e (7)</code>\nsensor: <code>fw1</code>"},
		{"/block   198.51.100.7 \t tried  <it>\n& again", "block 198.51.100.7 0s tried <it> & again", "✅"},
		{"/block@RULEIDS_BOT 2001:db8::/32", "block 2001:db8::/32 0s", "✅"},
		{"/BLOCK ::ffff:198.51.100.7", "block 198.51.100.7 0s", "✅"},
		{"/block", "", "⚠ There is not an IP address.\nWrite <code>/block IP [reason]</code>."},
		{"/block <b>", "", "“&lt;b&gt;” is not an IP address"},
		{"/block 198.51.100.7/33", "", "is not an IP address"},
		{"/block 198.51.100.７", "", "is not an IP address"},
		{"/block fe80::1%eth0", "", "is not an IP address"},
		{"/block " + long, "", "xx…” is not an IP address"},
		{"/block 198.51.100.7 " + long, "", "The reason is longer than 300 characters."},
		{"/unblock 198.51.100.7", "release 198.51.100.7 0s", "✅"},
		{"/unblock", "", "Write <code>/unblock IP [reason]</code>."},
		{"/unblock nobody", "", "is not an IP address"},
		{"/quarantine 198.51.100.7 60", "quarantine 198.51.100.7 1h0m0s", "quarantine of 198.51.100.7: decided"},
		{"/quarantine 198.51.100.0/24 525600 for a year", "quarantine 198.51.100.0/24 8760h0m0s for a year", "✅"},
		{"/karantina 2001:db8::7 1", "quarantine 2001:db8::7 1m0s", "✅"},
		{"/quarantine 198.51.100.7", "", "There is not a number of minutes.\nWrite <code>/quarantine IP MINUTES [reason]</code>."},
		{"/quarantine 198.51.100.7 0", "", "“0” is not a number of minutes from 1 to 525600."},
		{"/quarantine 198.51.100.7 525601", "", "is not a number of minutes"},
		{"/quarantine 198.51.100.7 -5", "", "is not a number of minutes"},
		{"/quarantine 198.51.100.7 1.5", "", "is not a number of minutes"},
		{"/quarantine 198.51.100.7 99999999999999999999", "", "is not a number of minutes"},
		{"/quarantine 60 198.51.100.7", "", "“60” is not an IP address"},
		{"/status", "", "<pre>mode: enforce\nlost: 0 &lt;none&gt;</pre>"},
		{"/status now", "", "“now” is too much."},
		{"/decisions", "", "There are no decisions."},
		{"/decisions 198.51.100.7", "", "There is no decision about <code>198.51.100.7</code>."},
		{"/decisions all", "", "“all” is not an IP address"},
		{"/decisions 198.51.100.7 x", "", "“x” is too much."},
		{"/rules", "", "<b>Rules: 2</b>\n<code>dns_tunnel high, shadow</code>\n<code>port_scan medium, muted until "},
		{"/rules SCAN", "", "<b>Rules: 1</b>\n<code>port_scan"},
		{"/rules nothing", "", "No rule has “nothing” in its name."},
		{"/mute port_scan 30", "", "✅ <code>port_scan</code> sends no notifications until "},
		{"/mute port_scan", "", "There is not a number of minutes."},
		{"/mute", "", "There is no rule."},
		{"/mute port_scan 30 x", "", "“x” is too much."},
		{"/mute nothing 30", "", "There is no rule “nothing”. /rules lists them."},
		{"/mute port_scan 0", "", "is not a number of minutes"},
		{"/help", "", "<code>/quarantine IP MINUTES [reason]</code> keep an address or prefix away for minutes; also <code>/karantina</code>"},
		{"/start", "", "<code>/block IP [reason]</code>"},
		{"/explode", "", "There is no such command."},
		{"good morning", "", "There is no such command."},
	} {
		inWorld(t, func(t *testing.T, w *world) {
			got := w.says(admin, admin, c.says)
			if len(got) != 1 || !strings.Contains(got[0], c.answer) {
				t.Errorf("%s: answers %q", c.says, got)
			}
			if asks := w.asked(); asks != c.asks {
				t.Errorf("%s: asks for %q", c.says, asks)
			}
			if want := strings.HasPrefix(c.answer, "✅ <code>port_scan"); want != (len(w.muted) == 1) || want && w.muted[0] != "port_scan 30m0s" {
				t.Errorf("%s: muted %v", c.says, w.muted)
			}
		})
	}
}

// What the book refuses, keeps or only records is told in its words.
func TestVerdictsAreTold(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		for want, v := range map[string]decision.Verdict{
			"⚠ <code>block of 192.0.2.1: refused: 192.0.2.1 is a gateway.</code>":        {Outcome: decision.Refused, Detail: "192.0.2.1 is a gateway."},
			"📝 <code>block of 192.0.2.1: recorded: The mode is monitor.</code>":          {Outcome: decision.Recorded, Detail: "The mode is monitor."},
			"✅ <code>block of 192.0.2.1: kept</code>":                                    {Outcome: decision.Kept},
			"❌ <code>block of 192.0.2.1: failed: the journal is full</code>":             {Outcome: decision.Failed, Err: fmt.Errorf("the journal is full")},
			"❌ <code>block of 192.0.2.1: decided: set RULEIDS is full</code>":            {Outcome: decision.Decided, Err: fmt.Errorf("set RULEIDS is full")},
			"⚠ <code>block of 192.0.2.1: absent: There is no decision about it.</code>":  {Outcome: decision.Absent, Detail: "There is no decision about it."},
			"⚠ <code>block of 192.0.2.1: skipped: &lt;just&gt; released &amp; so</code>": {Outcome: decision.Skipped, Detail: "<just> released & so"},
		} {
			w.mu.Lock()
			w.verdict = func(decision.Request) decision.Verdict { return v }
			w.mu.Unlock()
			if got := w.says(admin, admin, "/block 192.0.2.1"); len(got) != 1 || !strings.HasPrefix(got[0], want) {
				t.Errorf("want %s\ngot %q", want, got)
			}
		}
		w.asked()
	})
}

func TestManyDecisions(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		at := netip.MustParseAddr("2001:db8:ffff:ffff:ffff:ffff:ffff:0")
		for i := range 10_000 {
			at = at.Next()
			w.decisions = append(w.decisions, decision.Decision{ID: uint64(i + 1), Kind: decision.Quarantine, Target: decision.TargetOf(at), Recorded: i%2 == 0,
				Until: time.Now().Add(time.Hour), Reason: "a <reason>", Origin: decision.Origin{Source: decision.SourceRule, Rule: strings.Repeat("r&", 40)}})
		}
		got := w.says(admin, admin, "/decisions")
		if len(got) != 1 || units(html.UnescapeString(got[0])) > maxText || !strings.HasPrefix(got[0], "<b>Decisions: 5000, and 5000 recorded only; the newest first</b>\n<code>quarantine "+at.String()) {
			t.Fatalf("%q", got)
		}
		shown := strings.Count(got[0], "<code>quarantine")
		if want := fmt.Sprintf("and %d more", 10_000-shown); shown < 10 || !strings.Contains(got[0], want) {
			t.Errorf("%d are shown, and no %q", shown, want)
		}
		if got := w.says(admin, admin, "/decisions "+at.String()); len(got) != 1 || !strings.Contains(got[0], ": a &lt;reason&gt;</code>") {
			t.Errorf("%q", got)
		}
		w.status = strings.Repeat("<&>💥\n", 3000)
		if got := w.says(admin, admin, "/status"); len(got) != 1 || units(html.UnescapeString(got[0])) > maxText {
			t.Errorf("%q", got)
		}
	})
}
