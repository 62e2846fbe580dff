package firewall

import (
	"context"

	"github.com/ruleids/ruleids/actions/decision"
)

// Counters returns what was kept out, by kind, since the rules were made: it begins again where someone else flushed
// them. Nothing is counted by a program of the user's.
func (f *Firewall) Counters(ctx context.Context) (map[decision.Kind]Count, error) {
	s, err := f.Show(ctx)
	if err != nil {
		return nil, err
	}
	out := map[decision.Kind]Count{}
	for _, r := range s.Rules {
		c := out[r.Kind]
		c.Packets += r.Packets
		c.Bytes += r.Bytes
		out[r.Kind] = c
	}
	return out, nil
}
