package diag

import (
	"bytes"
	"encoding/json"
	"io"
)

// WriteJSON writes one object a line for each finding.
func WriteJSON(w io.Writer, findings []Finding) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	for _, f := range findings {
		if err := enc.Encode(f); err != nil {
			return err
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}
