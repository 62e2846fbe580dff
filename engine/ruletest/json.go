package ruletest

import (
	"encoding/json"
	"io"
)

// WriteJSON writes one object a line for each test: test, file, line, status (pass, fail or error),
// seconds and problems.
func WriteJSON(w io.Writer, results []Result) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for i := range results {
		r := &results[i]
		problems := r.Problems
		if problems == nil {
			problems = []string{}
		}
		err := enc.Encode(struct {
			Test     string   `json:"test"`
			File     string   `json:"file"`
			Line     int      `json:"line"`
			Status   Status   `json:"status"`
			Seconds  float64  `json:"seconds"`
			Problems []string `json:"problems"`
		}{r.Name, r.File, r.Line, r.Status, r.Seconds, problems})
		if err != nil {
			return err
		}
	}
	return nil
}
