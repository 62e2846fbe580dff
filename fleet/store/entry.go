package store

import (
	"bytes"
	"cmp"
	"encoding/gob"
	"encoding/json"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/packet"
)

// An Origin is what tells an alert from every other: who sent it, since which start of its queue, as the how-manieth. Seq
// is 0 for what has none, as events that another program brings: no two of those are the same.
type Origin struct {
	Agent string // its identity, which no name of a person changes
	Boot  uint64
	Seq   uint64
}

// An Entry is an alert on its way into the store.
type Entry struct {
	Origin
	Time     time.Time // by which it is sorted and kept
	Received time.Time
	Severity scale.Severity
	Rule     string
	Category string
	Name     string // of the agent
	Src, Dst netip.Addr
	SrcPort  uint16
	DstPort  uint16
	Proto    string
	Text     string // what words of a query are looked for in
	Body     []byte // the alert's JSON, as alert.Alert has it
}

// NewEntry makes an entry of an alert that the agent called name raised. Its JSON has the name, and the display filter of its packets.
func NewEntry(a *alert.Alert, origin Origin, name string, received time.Time) *Entry {
	a.Agent, a.Filter = name, a.DisplayFilter()
	e := &Entry{
		Origin: origin, Time: time.Unix(0, a.Time).UTC(), Received: received.UTC(), Severity: a.Severity, Rule: a.Rule, Category: a.Category, Name: name,
		Proto: a.Protocol(), Body: a.AppendJSON(nil),
	}
	e.Severity = cmp.Or(e.Severity, scale.SeverityMedium)
	if a.Layers&(packet.LayerIP|packet.LayerARPIPv4) != 0 {
		e.Src, e.Dst = a.Src.Netip(), a.Dst.Netip()
	}
	if a.Layers&packet.LayerPorts != 0 {
		e.SrcPort, e.DstPort = a.SrcPort, a.DstPort
	}
	var b strings.Builder
	for _, s := range []string{a.Rule, a.Description, a.Message, a.Category} {
		b.WriteString(s)
		b.WriteByte(' ')
	}
	for _, s := range a.Attack {
		b.WriteString(s)
		b.WriteByte(' ')
	}
	for _, k := range a.Key {
		if s, ok := k.Value.(string); ok {
			b.WriteString(s)
			b.WriteByte(' ')
		}
	}
	if a.Sample != nil {
		b.WriteString(ModelWord + a.Sample.Model + " " + a.Sample.Odd)
	}
	e.Text = b.String()
	return e
}

// ModelWord begins the word that finds the alerts of a model, in front of its name; alone it finds those of all models.
const ModelWord = "model."

// A Stored is an alert in the store.
type Stored struct {
	ID       ID
	Received time.Time
	Agent    string // its name
	Body     []byte // the alert's JSON
}

// An ID is the place of an alert in the order of time: microseconds since 1970, and in the last 10 bits what tells those of
// one microsecond apart. Its text has 16 hexadecimal digits.
type ID int64

const idBits = 10

// firstAt returns the least id of a time.
func firstAt(t time.Time) ID { return ID(t.UnixMicro() << idBits) }

// Time returns when the alert was raised.
func (id ID) Time() time.Time { return time.UnixMicro(int64(id) >> idBits).UTC() }

// String implements fmt.Stringer.
func (id ID) String() string {
	s := strconv.FormatUint(uint64(id), 16)
	return strings.Repeat("0", max(0, 16-len(s))) + s
}

// ParseID reads the text of an id.
func ParseID(s string) (ID, bool) {
	n, err := strconv.ParseUint(s, 16, 63)
	return ID(n), err == nil && len(s) == 16
}

// AppendJSON appends the alert as the API has it: its own JSON with id, agent and received.
func (s *Stored) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"id":"`...)
	dst = append(dst, s.ID.String()...)
	dst = append(dst, `","agent":`...)
	name, _ := json.Marshal(s.Agent) // a string can always be written
	dst = append(dst, name...)
	dst = append(dst, `,"received":"`...)
	dst = s.Received.UTC().AppendFormat(dst, "2006-01-02T15:04:05.000000-0700")
	dst = append(dst, `",`...)
	return append(dst, s.Body[1:]...)
}

// MarshalJSON implements json.Marshaler.
func (s *Stored) MarshalJSON() ([]byte, error) { return s.AppendJSON(nil), nil }

// Encode writes entries for another server's store.
func Encode(entries []*Entry) ([]byte, error) {
	var b bytes.Buffer
	err := gob.NewEncoder(&b).Encode(entries)
	return b.Bytes(), err
}

// Decode reads what Encode wrote.
func Decode(data []byte) (entries []*Entry, err error) {
	err = gob.NewDecoder(bytes.NewReader(data)).Decode(&entries)
	return entries, err
}
