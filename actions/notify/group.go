package notify

import (
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/internal/scale"
)

const (
	// shownKeys is how many keys a message names.
	shownKeys = 20
	// maxSeen is how many keys of a group are told apart.
	maxSeen = 1 << 16
	// seenRoom is about what one of them takes in a map.
	seenRoom = 24
	// maxKey is the characters of a key.
	maxKey = 200
)

// A group is the alerts of one rule that one message tells of. One with no alerts notes how long those to come
// are gathered.
type group struct {
	rule    string
	ready   time.Time // when it may be sent
	until   time.Time // end of the time in which alerts are gathered
	tried   time.Time // when sending failed last; zero where it was not tried
	fresh   time.Time // when the newest alert came
	sending bool      // the message before it is on its way
	limited bool      // it was counted as one that waited for its turn

	count       uint64
	severity    scale.Severity // greatest
	first, last int64
	newest      *alert.Alert
	text        string // of the newest alert
	keys        []string
	seen        map[uint64]struct{} // hashes of all keys
	size        int64               // bytes, about
}

// add takes an alert. room is how many bytes the group may still grow by: where that is too little, the alert is
// counted, but its text and its key are not kept.
func (g *group) add(a *alert.Alert, text string, seed maphash.Seed, room int64) {
	g.count++
	g.severity = max(g.severity, a.Severity)
	if g.newest == nil || a.Time < g.first {
		g.first = a.Time
	}
	newest := g.newest == nil || a.Time >= g.last
	if newest {
		g.last = a.Time
		before := int64(0)
		if g.newest != nil {
			before = alertSize(g.newest, g.text)
		}
		if more := alertSize(a, text) - before; g.newest == nil || more <= room {
			g.newest, g.text = a, text
			g.size += more
			room -= more
		}
	}
	if len(a.Key) == 0 {
		return
	}
	key := keyText(a.Key)
	h := maphash.String(seed, key)
	if _, known := g.seen[h]; known || len(g.seen) >= maxSeen || room < seenRoom+int64(len(key)) {
		return
	}
	if g.seen == nil {
		g.seen = map[uint64]struct{}{}
	}
	g.seen[h] = struct{}{}
	g.size += seenRoom
	if len(g.keys) < shownKeys {
		g.keys = append(g.keys, key)
		g.size += int64(len(key))
	}
}

// absorb takes the alerts of a group that came later.
func (g *group) absorb(later *group) {
	if later.count == 0 {
		return
	}
	g.count += later.count
	g.severity = max(g.severity, later.severity)
	g.first, g.last = min(g.first, later.first), max(g.last, later.last)
	g.size += later.size - alertSize(g.newest, g.text)
	g.newest, g.text = later.newest, later.text
	if g.seen == nil && later.seen != nil {
		g.seen = make(map[uint64]struct{}, len(later.seen))
	}
	for h := range later.seen {
		if _, known := g.seen[h]; known {
			g.size -= seenRoom
		}
		g.seen[h] = struct{}{}
	}
	for _, k := range later.keys {
		if len(g.keys) < shownKeys && !slices.Contains(g.keys, k) {
			g.keys = append(g.keys, k)
		} else {
			g.size -= int64(len(k))
		}
	}
}

// message returns the group as a message without its title, and with the text of the newest alert.
func (g *group) message() *Message {
	keys := slices.Clone(g.keys)
	slices.Sort(keys)
	return &Message{
		Rule: g.rule, Severity: g.severity, Text: g.text, Count: g.count, Keys: keys, MoreKeys: uint64(max(0, len(g.seen)-len(keys))),
		First: time.Unix(0, g.first).UTC(), Last: time.Unix(0, g.last).UTC(), Alert: g.newest,
	}
}

// keyText returns a key as text: "ip.src=198.51.100.7 ip.dst=192.0.2.1".
func keyText(key []alert.Named) string {
	var b strings.Builder
	for i, k := range key {
		if i > 0 {
			b.WriteByte(' ')
		}
		fmt.Fprintf(&b, "%s=%v", k.Name, k.Value)
	}
	return oneLine(b.String(), maxKey)
}

// alertRoom is the bytes of memory that an alert in a queue may take, on average: more than an ordinary one does.
const alertRoom = 4 << 10

// alertSize returns about how many bytes an alert takes.
func alertSize(a *alert.Alert, text string) int64 { return 1024 + int64(len(text)) + a.TextSize() }
