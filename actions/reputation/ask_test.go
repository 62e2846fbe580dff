package reputation

import "time"

// Tier returns the tier that a source knows an indicator by, and remembers to ask about one that it does not know.
func (s *Sources) Tier(source, indicator string) Tier { return s.StandingAt(source, indicator, 0).Tier }

// Verdict returns all that a source knows about an indicator, for an alert to tell. It sends no request. ok is
// false where nothing is known.
func (s *Sources) Verdict(source, indicator string) (_ Verdict, ok bool) {
	switch {
	case source == KindVirusTotal && s.virusTotal != nil:
		return s.virusTotal.verdict(indicator)
	case source == KindList && s.list != nil:
		return s.list.verdict(indicator)
	}
	return Verdict{}, false
}

// verdict returns what the list has of an indicator.
func (l *fileList) verdict(indicator string) (Verdict, bool) {
	text, addr, ok := canonical(nil, indicator)
	if !ok {
		return Verdict{}, false
	}
	v := Verdict{Indicator: string(text), Found: true}
	if addr.IsValid() {
		tier, prefix, found := l.table.Load().addr(addr)
		v.Tier, v.Match, ok = tier, Pattern{prefix: prefix}.String(), found
	} else {
		tier, name, found := l.table.Load().name(text)
		v.Tier, v.Match, ok = tier, string(name), found
	}
	if !ok {
		return Verdict{}, false
	}
	return v, true
}

func (v *virusTotal) verdict(indicator string) (Verdict, bool) {
	text, _, ok := canonical(nil, indicator)
	if !ok || v.key.Load() == nil {
		return Verdict{}, false
	}
	e := v.cache.getBytes(text, time.Now().Unix())
	if e == nil || e.passing {
		return Verdict{}, false
	}
	return e.Verdict, true
}
