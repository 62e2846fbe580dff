// Package reputation tells what is known about addresses and domain names: from VirusTotal, and from
// local lists.
//
// A lookup never waits: it returns what is known, clean where nothing is, and remembers to ask. One
// goroutine asks VirusTotal, as fast as its quota allows, about what matters most first.
package reputation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/ruleids/ruleids/internal/scale"
	"github.com/ruleids/ruleids/internal/setting"
)

// A Spec is a source that is wanted: a block `reputation "kind"`.
type Spec struct {
	Kind   string
	Config Config
}

// Options are what Sources need of the program. The zero value is good.
type Options struct {
	Log *slog.Logger // of trouble, and its end; nil for slog.Default
}

// Sources are the sources of reputation. Their methods may be called by any number of goroutines at once.
type Sources struct {
	virusTotal *virusTotal // nil without
	list       *fileList   // nil without

	closing sync.Once
	err     error // of Close
}

// New opens the sources and starts to ask. No sources are fine: everything is clean then.
//
// An error is about settings or about what needs a human: a list with an error in it, a cache file that is
// something else. All such errors are returned at once, and nothing is left open. That there is no key, or
// that VirusTotal or the cache file is out of reach, is not an error but shows in Status.
func New(specs []Spec, opt Options) (*Sources, error) {
	opt.Log = cmp.Or(opt.Log, slog.Default())
	s := &Sources{}
	var errs []error
	for _, spec := range specs {
		err := setting.Valid(spec.Config)
		if err == nil {
			err = spec.Config.open(s, opt)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("reputation %q: %w", spec.Kind, err))
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	if s.virusTotal != nil {
		s.virusTotal.start()
	}
	return s, nil
}

// Has reports whether there is a source of a name. To ask one that is not there is not an error: it finds
// everything clean.
func (s *Sources) Has(source string) bool {
	return source == KindVirusTotal && s.virusTotal != nil || source == KindList && s.list != nil
}

// StandingAt returns what a source knows about an indicator, an address or a domain name, and remembers to ask about one that it does
// not know. It never waits for a network, a disk or another lookup. The priority says how near to a threshold the indicator is:
// nearer ones are asked about first.
func (s *Sources) StandingAt(source, indicator string, p Priority) scale.Standing {
	switch {
	case source == KindVirusTotal && s.virusTotal != nil:
		return s.virusTotal.standing(indicator, p)
	case source == KindList && s.list != nil:
		return scale.Standing{Tier: s.list.tier(indicator)}
	}
	return scale.Standing{}
}

// Version changes after an answer of StandingAt did, but for answers whose time to live is over: until it changes, an answer may
// be used on for as long as that may be told late.
func (s *Sources) Version() uint64 {
	n := uint64(0)
	if s.virusTotal != nil {
		n += s.virusTotal.version.Load()
	}
	if s.list != nil {
		n += s.list.version.Load()
	}
	return n
}

// Reload reads the lists and the key again. A list with an error in it is left as it was, and the error
// names file and line; everything else is taken over nevertheless. Where VirusTotal had refused the key,
// it is asked again at once.
func (s *Sources) Reload() error {
	var errs []error
	if s.list != nil {
		if err := s.list.reload(); err != nil {
			errs = append(errs, fmt.Errorf("reputation %q: %w", KindList, err))
		}
	}
	if s.virusTotal != nil {
		s.virusTotal.reload()
	}
	return errors.Join(errs...)
}

// Status returns how the sources are, sorted by their names.
func (s *Sources) Status() []Status {
	out := []Status{}
	if s.list != nil {
		out = append(out, s.list.status())
	}
	if s.virusTotal != nil {
		out = append(out, s.virusTotal.status())
	}
	return out
}

// Close ends asking: it waits for the request that is under way, until ctx is done, keeps its answer, and
// writes the cache. Indicators that still wait are given up; at a few requests a minute they could take
// hours. What is known can be looked up afterwards. A second call returns what the first returned.
func (s *Sources) Close(ctx context.Context) error {
	s.closing.Do(func() {
		if s.virusTotal != nil {
			if err := s.virusTotal.close(ctx); err != nil {
				s.err = fmt.Errorf("reputation %q: %w", KindVirusTotal, err)
			}
		}
	})
	return s.err
}
