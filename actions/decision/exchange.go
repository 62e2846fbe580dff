package decision

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// exportVersion is of the format; readers refuse others.
const exportVersion = 1

// An export is a JSON document of decisions.
type export struct {
	Version   int        `json:"version"`
	Time      time.Time  `json:"time"`
	Decisions []Decision `json:"decisions"`
}

// Export writes the decisions that hold as one JSON document, sorted by number.
func (b *Store) Export(w io.Writer) error {
	e := export{Version: exportVersion, Time: b.now(), Decisions: []Decision{}}
	held, _ := b.held()
	for _, d := range held {
		if !d.Recorded {
			e.Decisions = append(e.Decisions, d)
		}
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(e)
}

// ReadExport reads a document of Export and returns a request for each decision in it, in order. All that is wrong is
// told in one error; then there are no requests. The requests are from who imports; the decisions keep who made them,
// when and why. Force is not carried over: the lists of this host count, unless who imports forces them again.
func ReadExport(r io.Reader, who string) ([]Request, error) {
	dec := json.NewDecoder(r)
	dec.DisallowUnknownFields()
	var e export
	if err := dec.Decode(&e); err != nil {
		return nil, fmt.Errorf("this is not an export of decisions: %w", err)
	}
	if e.Version != exportVersion {
		return nil, fmt.Errorf("the export has version %d; this program reads version %d", e.Version, exportVersion)
	}
	var out []Request
	var errs []error
	for i := range e.Decisions {
		d := &e.Decisions[i]
		if err := d.check(); err != nil {
			errs = append(errs, fmt.Errorf("decision %d (%s): %w", i+1, d.Target, err))
			continue
		}
		out = append(out, Request{Kind: d.Kind, Target: d.Target, Until: d.Until, By: Origin{Source: SourceRestore, Who: who},
			Reason: "imported", restored: d})
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return out, nil
}
