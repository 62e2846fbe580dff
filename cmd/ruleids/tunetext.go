package main

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"strconv"
	"time"

	"github.com/ruleids/ruleids/internal/printable"
	"github.com/ruleids/ruleids/study"
)

// writeStudy writes for people what thresholds would do. With tails it lists the keys with the largest values too.
func writeStudy(w io.Writer, s *study.Study, tails, color bool) error {
	b := bufio.NewWriter(w)
	if s.Live {
		fmt.Fprintf(b, "%s of live traffic", age(s.Days*86400))
	} else {
		fmt.Fprintf(b, "%s, %s, %s of traffic", plural(uint64(s.Captures), "capture"), plural(s.Packets, "packet"), age(s.Days*86400))
	}
	if s.Attacks > 0 {
		fmt.Fprintf(b, "; %s", plural(uint64(s.Attacks), "capture")+" of attacks")
	}
	fmt.Fprintln(b)
	if len(s.Rules) == 0 {
		fmt.Fprintln(b, choose(s.Live, "nothing was watched yet that rules hold against a threshold", "no rule with a threshold was asked for"))
		return b.Flush()
	}
	heads := []string{"rule", "keys", "median", "90 %", "99 %", "99.9 %", "max", "threshold", "alerts"}
	for _, c := range s.Rules[0].Choices {
		heads = append(heads, fmt.Sprintf("for %s/day", plain(c.PerDay)))
	}
	rows := [][]string{heads}
	for _, r := range s.Rules {
		cells := []string{r.Rule, thousands(uint64(r.Keys)), plain(r.P50), plain(r.P90), plain(r.P99), plain(r.P999), plain(r.Max),
			plain(r.Threshold) + caught(s, &r.Now), thousands(uint64(r.Now.Alerts))}
		for i := range r.Choices {
			cell := "-"
			if r.Keys > 0 {
				cell = plain(r.Choices[i].Threshold) + caught(s, &r.Choices[i])
			}
			cells = append(cells, cell)
		}
		rows = append(rows, cells)
	}
	writeTable(b, rows, headed(color))
	if s.Attacks > 0 {
		fmt.Fprintln(b, "in brackets: the captures of attacks in which the rule fires with that threshold")
	}
	for _, r := range s.Rules {
		if r.Beyond > 0 {
			fmt.Fprintf(b, "%s: %s of keys beyond the first were not looked at\n", r.Rule, plural(r.Beyond, "packet"))
		}
		if !tails || len(r.Tail) == 0 {
			continue
		}
		fmt.Fprintf(b, "\n%s: the largest values\n", styleBold.paint(r.Rule, color))
		var lines [][]string
		for _, t := range r.Tail {
			lines = append(lines, []string{plain(t.Value), choose(len(t.Key) > 0, printable.Line(study.KeyText(t.Key)), "all traffic"),
				choose(s.Live, t.Time.Local().Format(time.DateTime), fmt.Sprintf("%s, packet %s", filepath.Base(t.Capture), thousands(t.Packet)))})
		}
		writeColumns(b, lines)
	}
	return b.Flush()
}

// caught says in how many captures of attacks a rule fires.
func caught(s *study.Study, c *study.Choice) string {
	if s.Attacks == 0 {
		return ""
	}
	return fmt.Sprintf(" (%d)", c.Caught)
}

// plain writes a number without what makes no difference.
func plain(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		if v >= 10_000 {
			return thousands(uint64(v))
		}
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}
