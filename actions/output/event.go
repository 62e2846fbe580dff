package output

import (
	"sync"

	"github.com/ruleids/ruleids/alert"
)

// An event is an alert on its way to several outputs, with the text that they share.
type event struct {
	alert *alert.Alert
	size  int64 // about how many bytes of memory it takes, text included

	once sync.Once
	text []byte
}

// eventOverhead is what an alert takes besides its text: the structs, and the constant keys of its JSON.
const eventOverhead = 1024

func newEvent(a *alert.Alert) *event {
	// Once in the alert and once in its JSON, whatever of it is shared with the rule.
	return &event{alert: a, size: eventOverhead + 2*a.TextSize()}
}

// json returns the alert as EVE JSON without a newline. It is made once, by whoever asks first, and
// must not be changed.
func (e *event) json() []byte {
	e.once.Do(func() { e.text = e.alert.AppendJSON(nil) })
	return e.text
}
