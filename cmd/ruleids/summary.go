package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/ruleids/ruleids/engine"
	"github.com/ruleids/ruleids/packet"
)

// A summary is what a replay has to say at its end.
type summary struct {
	files   int
	logins  *loginFeed // nil where no logs were read
	stats   engine.Stats
	elapsed time.Duration
	tally   *tally
	// interrupted is set where the replay was ended by a signal.
	interrupted bool
}

// topSources is how many sources the summary names.
const topSources = 10

// warnShare is the share of packets from which on a replay warns of those that are late or broken: reordering on a link,
// and the odd packet that is cut, stay far below it.
const warnShare = 0.01

// warnings says what kept rules from seeing or counting what the captures hold. It is told whether or not there is a
// summary: a capture that rules did not see looks like one without attacks.
func (s *summary) warnings() (out []string) {
	st := &s.stats
	many := func(n uint64) bool { return float64(n) > warnShare*float64(st.Packets) }
	if s.interrupted {
		out = append(out, fmt.Sprintf("the replay was interrupted after %s: what follows them was not looked at", plural(st.Packets, "packet")))
	}
	if st.Unknown > 0 {
		out = append(out, fmt.Sprintf("%s of %s have a link type that cannot be decoded: no rule looked at what is in them",
			thousands(st.Unknown), plural(st.Packets, "packet")))
	}
	if st.Malformed > 0 && many(st.Malformed) {
		out = append(out, fmt.Sprintf("%s of %s have a broken or cut layer: rules see the layers before it and nothing behind",
			thousands(st.Malformed), plural(st.Packets, "packet")))
	}
	if st.Late > 0 && many(st.Late) {
		out = append(out, fmt.Sprintf("%s of %s are older than one before them, and windows do not go back in time; give captures in the order they were taken",
			thousands(st.Late), plural(st.Packets, "packet")))
	}
	if st.Leaps > 0 {
		out = append(out, fmt.Sprintf("%s of %s are over a year ahead of those beside them, as damaged records are: they count at the time of the packet before",
			thousands(st.Leaps), plural(st.Packets, "packet")))
	}
	if st.Refused > 0 && many(st.Refused) {
		out = append(out, refused(st)+"; --checksums off counts those with a wrong checksum")
	}
	if st.Evictions > 0 {
		out = append(out, plural(st.Evictions, "key")+" lost their state to make room; a larger max_keys, of a list max, keeps them")
	}
	if st.Saturated > 0 {
		out = append(out, "windows dropped their oldest events "+plural(st.Saturated, "time")+" for lack of memory")
	}
	if st.CooldownsLost > 0 {
		out = append(out, plural(st.CooldownsLost, "cooldown")+" ended early for lack of room: their keys may alert again")
	}
	if st.Failures > 0 {
		out = append(out, fmt.Sprintf("%s of an expression failed and had no value, so that comparisons on it were false", plural(st.Failures, "evaluation")))
	}
	return out
}

// refused says how many packets no host accepts, and why.
func refused(st *engine.Stats) string {
	var why []string
	for i, f := range packet.Faults() {
		if n := st.Faults[i]; n > 0 {
			why = append(why, thousands(n)+" "+f.String())
		}
	}
	verb := choose(st.Refused == 1, "was", "were")
	return plural(st.Refused, "packet") + " that no host accepts " + verb + " not counted: " + strings.Join(why, ", ")
}

// write writes the summary as text for people.
func (s *summary) write(w io.Writer, color bool) error {
	var b strings.Builder
	st := &s.stats
	if s.files > 0 {
		fmt.Fprintf(&b, "%s, %s, %s in %.3f s (%s packets/s)\n", plural(uint64(s.files), "capture"), plural(st.Packets, "packet"),
			byteSize(st.Bytes), s.elapsed.Seconds(), perSecond(st.Packets, s.elapsed))
	}
	if s.logins != nil {
		fmt.Fprintf(&b, "%s in %.3f s\n", s.logins.told(), s.elapsed.Seconds())
	}
	if st.Unknown+st.Malformed > 0 {
		fmt.Fprintf(&b, "%s undecodable: %s of an unknown link type, %s with a broken or cut layer\n",
			plural(st.Unknown+st.Malformed, "packet"), thousands(st.Unknown), thousands(st.Malformed))
	}
	if st.Refused > 0 {
		b.WriteString(refused(st) + "\n")
	}
	b.WriteString(plural(s.tally.alerts, "alert"))
	if s.tally.alerts > 0 {
		b.WriteString(": " + strings.Join(bySeverity(s.tally.bySeverity(), color), ", "))
	}
	if st.Suppressed > 0 {
		fmt.Fprintf(&b, " (%s more in a cooldown)", thousands(st.Suppressed))
	}
	b.WriteByte('\n')
	if s.tally.alerts > 0 {
		b.WriteByte('\n')
		s.writeRules(&b, color)
		if len(s.tally.sources) > 0 {
			b.WriteByte('\n')
			s.writeSources(&b, color)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeRules writes the table of alerts by rule and severity.
func (s *summary) writeRules(b *strings.Builder, color bool) {
	rows := [][]string{{"rule", "severity", "alerts", "suppressed"}}
	suppressed := map[string]uint64{}
	for _, r := range s.stats.Rules {
		suppressed[r.Name] = r.Suppressed
	}
	counts := s.tally.byRule()
	for _, r := range counts {
		rows = append(rows, []string{r.rule, r.severity.String(), thousands(r.alerts), thousands(suppressed[r.rule])})
	}
	writeTable(b, rows, func(row, col int, cell string) string {
		switch {
		case row == 0:
			return styleDim.paint(cell, color)
		case col == 1:
			return severityStyle(counts[row-1].severity).paint(cell, color)
		}
		return cell
	})
}

// writeSources writes the table of the sources whose packets fired most alerts.
func (s *summary) writeSources(b *strings.Builder, color bool) {
	rows := [][]string{{"top sources", "alerts", "rules"}}
	top := s.tally.topSources(topSources)
	for _, src := range top {
		rows = append(rows, []string{src.addr.String(), thousands(src.alerts), strings.Join(src.rules, ", ")})
	}
	if more := len(s.tally.sources) - len(top); more > 0 {
		rows = append(rows, []string{"and " + strconv.Itoa(more) + " more", "", ""})
	}
	writeTable(b, rows, headed(color))
}
