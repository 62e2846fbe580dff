package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/ruleids/ruleids/alert"
	"github.com/ruleids/ruleids/internal/printable"
)

// pcapngType is the media type of files of evidence.
const pcapngType = "application/x-pcapng"

// ErrOffline is returned for evidence of an agent that is not connected, and ErrBusy where much is on its way already.
var (
	ErrOffline = errors.New("the agent is not connected, and the packets are there")
	ErrBusy    = errors.New("other evidence is on its way; ask again in a moment")
)

// NoEvidence is the error of an agent that does not have what it is asked for.
type NoEvidence struct{ Why string }

// Error implements error.
func (e *NoEvidence) Error() string { return e.Why }

// evidence answers with the packets around an alert. Who took them is in the audit log: they hold what people said.
func (c *call) evidence() (any, error) {
	x, err := c.stored()
	if err != nil {
		return nil, err
	}
	var a alert.Alert
	if err := json.Unmarshal(x.Body, &a); err != nil || a.Evidence == "" {
		return nil, absent("no packets were kept of this alert; evidence { dir = … } in the settings of the agent has them kept")
	}
	file := a.Evidence[strings.LastIndexAny(a.Evidence, `/\`)+1:]
	agent := c.api.opt.Roster.Get(x.Agent)
	if agent == nil || c.api.opt.Evidence == nil {
		return nil, absent("there is no agent %q any more", x.Agent)
	}
	data, err := c.api.opt.Evidence(c.ctx(), agent.ID, file)
	var none *NoEvidence
	switch {
	case errors.Is(err, ErrOffline), errors.Is(err, ErrBusy):
		return nil, fault{http.StatusServiceUnavailable, err.Error()}
	case errors.As(err, &none):
		return nil, absent("the agent %s: %s", agent.Name, printable.Line(none.Why))
	case err != nil:
		return nil, err
	}
	c.log("evidence.fetch", x.ID.String(), "%s of %s, %d bytes", printable.Line(file), agent.Name, len(data))
	h := c.w.Header()
	h.Set("Content-Type", pcapngType)
	h.Set("Content-Length", strconv.Itoa(len(data)))
	h.Set("Content-Disposition", `attachment; filename="`+x.ID.String()+`.pcapng"`)
	_, _ = c.w.Write(data) // who asked may be gone
	return nil, nil
}
