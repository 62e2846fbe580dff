package output

import (
	"strings"
	"testing"

	"github.com/ruleids/ruleids/internal/eventlog"
	"github.com/ruleids/ruleids/internal/scale"
)

// fakeEvents keeps what is reported, and fails once where it is told to.
type fakeEvents struct {
	ids   []eventlog.ID
	texts []string
	fail  error
}

func (f *fakeEvents) Report(id eventlog.ID, text string) error {
	if err := f.fail; err != nil {
		f.fail = nil
		return err
	}
	f.ids, f.texts = append(f.ids, id), append(f.texts, text)
	return nil
}

func (f *fakeEvents) Close() error { return nil }

// TestEventLog writes alerts of all severities: each is an event with the number of its severity. Where the log fails in
// between, what it took is not written again.
func TestEventLog(t *testing.T) {
	fake := &fakeEvents{}
	sink := &eventLog{fake}
	var b batch
	want := map[eventlog.ID]eventlog.Level{eventlog.Low: eventlog.Info, eventlog.Medium: eventlog.Info, eventlog.High: eventlog.Warning, eventlog.Critical: eventlog.Error}
	for _, s := range scale.Severities() {
		a := numbered(1)
		a.Severity = s
		b.add(appendLeveled, newEvent(a))
	}
	if n, err := sink.write(t.Context(), &b); n != 4 || err != nil {
		t.Fatalf("%d written, %v", n, err)
	}
	for i, s := range scale.Severities() {
		id, text := fake.ids[i], fake.texts[i]
		if level, ok := want[id]; !ok || id.Level() != level {
			t.Errorf("event %d has level %d", id, id.Level())
		}
		delete(want, id)
		if !strings.Contains(text, strings.ToUpper(s.String())) || strings.ContainsAny(text, "\n\x00\x01\x02\x03\x04") {
			t.Errorf("text %q for severity %s", text, s)
		}
	}
	b.drop(3)
	fake.fail = errUnsendable
	if n, err := sink.write(t.Context(), &b); n != 0 || err == nil {
		t.Errorf("%d written, %v", n, err)
	}
}
