package main

import (
	"bufio"
	"fmt"

	"github.com/ruleids/ruleids/alert"
)

// An alertWriter writes alerts to standard output, through a buffer.
type alertWriter struct {
	w        *bufio.Writer
	progress *progress // to be out of the way of alerts on a terminal; nil where they go elsewhere
	json     bool
	text     alert.Text
	dated    bool // every line of text with its date
	line     []byte
	written  bool  // there was an alert
	err      error // the first error of writing; nothing is written after it
}

func newAlertWriter(a *app, format string, p *progress) *alertWriter {
	w := &alertWriter{w: bufio.NewWriterSize(a.out, 64<<10), json: format == "json", dated: true}
	w.text.Color = a.wantsColor(a.out)
	if terminal(a.out) != nil {
		w.progress, w.dated, w.text.Width = p, false, a.columns(a.out)
	}
	return w
}

// add writes an alert to the buffer. An error of writing is kept for flush.
func (w *alertWriter) add(al *alert.Alert) {
	if w.err != nil {
		return
	}
	switch {
	case w.json:
		w.line = append(al.AppendJSON(w.line[:0]), '\n')
	case w.dated:
		// Elsewhere than on a terminal a line is picked out by grep, and has to say all.
		w.line = append(al.AppendText(w.line[:0], w.text.Color), '\n')
	default:
		w.line = w.text.Append(w.line[:0], al)
	}
	w.written = true
	if len(w.line) > w.w.Available() {
		w.clear()
	}
	_, err := w.w.Write(w.line)
	w.fail(err)
}

// flush writes the buffer out.
func (w *alertWriter) flush() error {
	if w.err == nil && w.w.Buffered() > 0 {
		w.clear()
		w.fail(w.w.Flush())
	}
	return w.err
}

// clear takes the progress bar away before alerts come in its place.
func (w *alertWriter) clear() {
	if w.progress != nil {
		w.progress.clear()
	}
}

func (w *alertWriter) fail(err error) {
	if err != nil && w.err == nil {
		w.err = fmt.Errorf("cannot write alerts: %w", err)
	}
}
