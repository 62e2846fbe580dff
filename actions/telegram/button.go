package telegram

import (
	"strings"
	"time"

	"github.com/ruleids/ruleids/actions/decision"
)

// buttonQuarantine is how long the button's quarantine lasts.
const buttonQuarantine = time.Hour

// maxCallbackData is the limit for the data of a button, in bytes:
// https://core.telegram.org/bots/api#inlinekeyboardbutton
const maxCallbackData = 64

// A keyboard is a row of buttons under a message. The library's type for a button is not used: it writes an empty
// "copy_text" into every one, and a button may have one meaning only.
type keyboard struct {
	Rows [][]button `json:"inline_keyboard"`
}

type button struct {
	Text string `json:"text"`
	Data string `json:"callback_data"`
}

// Words of the data of buttons, before the target.
const (
	wordBlock      = "block"
	wordQuarantine = "quarantine"
	wordRelease    = "release"
)

// newKeyboard returns the buttons for a target; nil where there is none.
func newKeyboard(t decision.Target) *keyboard {
	if !t.IsValid() {
		return nil
	}
	row := []button{{"Block", wordBlock}, {"Quarantine 1 h", wordQuarantine}, {"Release", wordRelease}}
	for i := range row {
		if row[i].Data += " " + t.String(); len(row[i].Data) > maxCallbackData {
			return nil
		}
	}
	return &keyboard{Rows: [][]button{row}}
}

// parseButton reads the data of a button. Who presses sends the data, so that it may be anything.
func parseButton(data string) (r decision.Request, ok bool) {
	word, text, _ := strings.Cut(data, " ")
	switch word {
	case wordBlock:
		r.Kind = decision.Block
	case wordQuarantine:
		r.Kind, r.For = decision.Quarantine, buttonQuarantine
	case wordRelease:
		r.Kind = decision.Release
	default:
		return r, false
	}
	var err error
	r.Target, err = decision.ParseTarget(text)
	return r, err == nil && len(data) <= maxCallbackData
}
