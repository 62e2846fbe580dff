package telegram

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"

	"github.com/go-telegram/bot/models"
)

// A poller is the client of the library's poller: it paces the requests, tells the bot of those that succeed, and
// keeps from the library what it cannot read.
type poller struct{ bot *Bot }

// Do implements the library's HttpClient.
func (p poller) Do(req *http.Request) (*http.Response, error) {
	if !p.bot.pace.begin(req.Context()) {
		return nil, req.Context().Err()
	}
	resp, a, err := p.bot.client.do(req)
	if err != nil || !a.OK {
		return resp, err
	}
	list, unread, ok := readable(a.Result)
	if !ok {
		return nil, &errServer{"the answer has no list of updates"}
	}
	if unread > 0 {
		p.bot.log.Warn("Telegram handed out updates that this version cannot read; they were passed over", "notifier", p.bot.name(), "updates", unread)
		body, err := json.Marshal(answer{OK: true, Result: list})
		if err != nil {
			return nil, &errServer{err.Error()}
		}
		resp.Body = io.NopCloser(bytes.NewReader(body))
	}
	p.bot.pace.wait.Reset()
	p.bot.contact()
	return resp, nil
}

// readable returns how many updates of a list the library cannot read, and where there are some, the list with those
// replaced by their bare numbers. One that it cannot read would make it read none, and ask for the same again, for as
// long as Telegram keeps it; and it does not stand one that is null.
func readable(list json.RawMessage) (out json.RawMessage, unread int, ok bool) {
	var updates []json.RawMessage
	if err := json.Unmarshal(list, &updates); err != nil || updates == nil {
		return nil, 0, false
	}
	kept := make([]json.RawMessage, 0, len(updates))
	for _, u := range updates {
		var whole models.Update
		if json.Unmarshal(u, &whole) == nil && whole.ID != 0 {
			kept = append(kept, u)
			continue
		}
		unread++
		var bare struct {
			ID int64 `json:"update_id"`
		}
		if json.Unmarshal(u, &bare) == nil && bare.ID != 0 {
			b, err := json.Marshal(bare)
			if err != nil {
				return nil, 0, false
			}
			kept = append(kept, b)
		}
	}
	if unread == 0 {
		return nil, 0, true
	}
	out, err := json.Marshal(kept)
	return out, unread, err == nil
}
