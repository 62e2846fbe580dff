package api

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/ruleids/ruleids/fleet/inbox"
	"github.com/ruleids/ruleids/fleet/query"
	"github.com/ruleids/ruleids/fleet/state"
	"github.com/ruleids/ruleids/internal/printable"
)

// An InboxPage is the groups of alerts that match, the worst first.
type InboxPage struct {
	Groups []*inbox.Group `json:"groups"`
	Total  int            `json:"total"`  // groups that match
	Alerts int            `json:"alerts"` // in these
	// Complete says that no alert of the time was left out: only so many are looked at, the newest first.
	Complete bool `json:"complete"`
	Unseen   int  `json:"unseen"` // groups with an alert since whoever asks looked before
}

// inboxSpan is how far back the inbox goes where no time is given.
const inboxSpan = 24 * time.Hour

// collect returns the groups of a request whose status is wanted; "" for any.
func (c *call) collect(q *query.Query, status string, looked time.Time) (*InboxPage, error) {
	switch status {
	case "", state.TriageOpen, state.TriageAcknowledged, state.TriageEscalated, state.TriageClosed:
	default:
		return nil, bad("status: %q is not valid: use open, acknowledged, escalated or closed", status)
	}
	now := c.api.opt.Now()
	if q.Since.IsZero() {
		q.Since = now.Add(-inboxSpan)
	}
	triages, err := c.api.opt.State.Triages(c.ctx())
	if err != nil {
		return nil, err
	}
	box, err := inbox.Collect(c.ctx(), c.api.opt.Store, q, triages, looked, now)
	if err != nil {
		return nil, err
	}
	page := &InboxPage{Groups: []*inbox.Group{}, Complete: box.Complete}
	for _, g := range box.Groups {
		if status != "" && g.Status != status {
			continue
		}
		page.Total++
		page.Alerts += g.Count
		if !g.Seen {
			page.Unseen++
		}
		page.Groups = append(page.Groups, g)
	}
	return page, nil
}

func (c *call) inbox() (any, error) {
	q, err := c.search()
	if err != nil {
		return nil, err
	}
	limit, err := c.number("limit", defaultLimit, maxLimit)
	if err != nil {
		return nil, err
	}
	looked, err := c.api.opt.State.Looked(c.ctx(), c.who.who(), c.query("look") == "true")
	if err != nil {
		return nil, err
	}
	page, err := c.collect(q, c.query("status"), looked)
	if err != nil {
		return nil, err
	}
	page.Groups = page.Groups[:min(len(page.Groups), limit)]
	return page, nil
}

// An InboxAct is what somebody does to groups: to those that are named, or to all that match.
type InboxAct struct {
	Groups []string `json:"groups,omitempty"` // ids
	All    bool     `json:"all,omitempty"`    // all that q, since and status find
	Q      string   `json:"q,omitempty"`
	Since  string   `json:"since,omitempty"`
	Status string   `json:"status,omitempty"`

	Action   string `json:"action"` // open, acknowledged, escalated, closed, or comment
	Reason   string `json:"reason,omitempty"`
	Assignee string `json:"assignee,omitempty"`
	Text     string `json:"text,omitempty"`
	Until    string `json:"until,omitempty"` // of closed: a time, or a duration from now as 7d
}

// InboxDone says to how many groups it was done.
type InboxDone struct {
	Changed int `json:"changed"`
}

// closeReasons are why a group is closed. The first three say that no attack was found.
var closeReasons = []string{"benign", "test", "misfire", "duplicate", "handled"}

const (
	maxComment = 2000
	maxWord    = 64
)

func (c *call) actInbox(r *InboxAct) (any, error) {
	now := c.api.opt.Now()
	note := state.Note{Who: c.who.who(), Action: r.Action, Text: printable.Text(strings.TrimSpace(r.Text))}
	change := state.Triage{Assignee: printable.Text(strings.TrimSpace(r.Assignee)), Reason: r.Reason}
	switch r.Action {
	case state.TriageOpen, state.TriageAcknowledged, state.TriageEscalated:
		change.Status = r.Action
	case state.TriageClosed:
		change.Status = r.Action
		if !slices.Contains(closeReasons, r.Reason) {
			return nil, bad("reason: %q is not valid: use one of %s", r.Reason, strings.Join(closeReasons, ", "))
		}
		note.Text = strings.TrimSuffix(r.Reason+": "+note.Text, ": ")
		if r.Until != "" {
			until, err := query.ParseTime(r.Until, now)
			if err != nil {
				return nil, bad("until: %v", err)
			}
			if until.Before(now) { // a duration counts back from now in queries
				until = now.Add(now.Sub(until))
			}
			change.Until, note.Until = until, until
		}
	case "comment":
		if note.Text == "" {
			return nil, bad("text: a comment has words")
		}
	default:
		return nil, bad("action: %q is not valid: use open, acknowledged, escalated, closed or comment", r.Action)
	}
	if len(note.Text) > maxComment || len(change.Assignee) > maxWord {
		return nil, bad("a comment has at most %d bytes, an assignee %d", maxComment, maxWord)
	}
	groups, err := c.chosen(r, now)
	if err != nil {
		return nil, err
	}
	if len(groups) == 0 {
		return nil, fault{http.StatusNotFound, "none of these groups has an alert in this time"}
	}
	list := make([]state.Triage, len(groups))
	for i, g := range groups {
		list[i] = change
		list[i].ID, list[i].Rule, list[i].Key = g.ID, g.Rule, g.KeyText()
	}
	if err := c.api.opt.State.SetTriage(c.ctx(), list, note); err != nil {
		return nil, err
	}
	c.log("inbox."+r.Action, groups[0].Rule, "%d groups; %s", len(groups), note.Text)
	return InboxDone{len(groups)}, nil
}

// chosen returns the groups that a request is about.
func (c *call) chosen(r *InboxAct, now time.Time) ([]*inbox.Group, error) {
	if r.All == (len(r.Groups) > 0) {
		return nil, bad("name groups, or say all: true")
	}
	q, err := query.Parse(r.Q, now)
	if err != nil {
		return nil, bad("q: %v", err)
	}
	since := r.Since
	if since == "" && !r.All {
		since = "30d"
	}
	if since != "" {
		if q.Since, err = query.ParseTime(since, now); err != nil {
			return nil, bad("since: %v", err)
		}
	}
	status := r.Status
	if !r.All {
		status = ""
	}
	page, err := c.collect(q, status, now)
	if err != nil {
		return nil, err
	}
	if r.All {
		return page.Groups, nil
	}
	return slices.DeleteFunc(page.Groups, func(g *inbox.Group) bool { return !slices.Contains(r.Groups, g.ID) }), nil
}

// An ExceptionRequest asks what an exception would have done.
type ExceptionRequest struct {
	Rule  string `json:"rule"`
	Where string `json:"where"` // the condition of the except block
	Days  int    `json:"days"`  // how far to look back
}

func (c *call) previewException(r *ExceptionRequest) (any, error) {
	if r.Rule == "" || r.Where == "" || len(r.Where) > maxComment {
		return nil, bad("name a rule, and a condition of at most %d bytes", maxComment)
	}
	if r.Days < 1 || r.Days > 90 {
		return nil, bad("days: %d is not from 1 to 90", r.Days)
	}
	out, err := inbox.Try(c.ctx(), c.api.opt.Store, c.api.opt.Shipped, r.Rule, r.Where, c.api.opt.Now().AddDate(0, 0, -r.Days))
	if unknown, ok := errors.AsType[inbox.Unknown](err); ok {
		return nil, bad("%s", unknown.Error())
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}
