package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/term"
)

// progressEvery is the time between two drawings of the progress bar.
const progressEvery = 100 * time.Millisecond

// A progress is a line on a terminal that says how far a replay is. The zero value draws nothing.
type progress struct {
	out   io.Writer // nil: draw nothing
	fd    int       // of the terminal, for its width
	start time.Time
	drawn time.Time
	shown bool // the line is on the screen
}

// A sample is what a progress line tells.
type sample struct {
	read    int64 // bytes of the input files
	size    int64 // their sizes together; 0 where one is not known
	packets uint64
	alerts  uint64
	elapsed time.Duration
}

// newProgress returns a progress on w where that is a terminal.
func newProgress(w io.Writer, start time.Time) *progress {
	p := &progress{start: start}
	if f := terminal(w); f != nil {
		p.out, p.fd = f, int(f.Fd())
	}
	return p
}

// update draws the line where the time for it has come.
func (p *progress) update(now time.Time, s sample) {
	if p.out == nil || now.Sub(p.start) < 3*progressEvery || now.Sub(p.drawn) < progressEvery {
		return // what is over at once needs no bar
	}
	width, _, err := term.GetSize(p.fd)
	if err != nil || width <= 0 {
		width = 80
	}
	s.elapsed = now.Sub(p.start)
	// Without the last column, since some terminals wrap when it is filled.
	fmt.Fprintf(p.out, "\r%s\x1b[K", progressLine(s, width-1))
	p.drawn, p.shown = now, true
}

// clear takes the line off the screen, so that something else can be written there.
func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.out, "\r\x1b[K")
		p.shown = false
	}
}

// barWidth is the width of the bar between its brackets.
const barWidth = 24

// progressLine returns the line for s, cut to width characters.
func progressLine(s sample, width int) string {
	var b strings.Builder
	if s.size > 0 {
		done := min(float64(s.read)/float64(s.size), 1)
		full := int(done * barWidth)
		fmt.Fprintf(&b, "[%s%s] %3.0f%%  ", strings.Repeat("=", full), strings.Repeat(" ", barWidth-full), done*100)
	}
	b.WriteString(byteSize(uint64(s.read)))
	if s.size > 0 {
		b.WriteString(" of " + byteSize(uint64(s.size)))
	}
	fmt.Fprintf(&b, "  %s (%s/s)  %s", plural(s.packets, "packet"), perSecond(s.packets, s.elapsed), plural(s.alerts, "alert"))
	if s.size > 0 && s.read > 0 && s.read < s.size {
		left := time.Duration(float64(s.elapsed) * float64(s.size-s.read) / float64(s.read)).Round(time.Second)
		fmt.Fprintf(&b, "  %s left", left)
	}
	line := b.String()
	if len(line) > width {
		line = line[:max(width, 0)]
	}
	return line
}
