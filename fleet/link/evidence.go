package link

import (
	"context"

	"github.com/ruleids/ruleids/fleet"
)

// bring brings a file of evidence to the server, part by part, as long as somebody there takes it.
func (l *Link) bring(o *fleet.EvidenceOrder) {
	ctx, cancel := context.WithTimeout(context.Background(), askWithin)
	defer cancel()
	data, err := l.opt.Host.Evidence(o.File, fleet.MaxEvidence)
	l.opt.Log.Info("the server asks for evidence", "file", o.File, "bytes", len(data))
	for {
		n := min(len(data), fleet.MaxEvidencePart)
		part := fleet.EvidencePart{Ticket: o.Ticket, Data: data[:n], Last: n == len(data)}
		if err != nil {
			part.Error = err.Error()
		}
		var answer fleet.EvidenceAnswer
		if err := l.ask(ctx, fleet.SubjectAsk+l.member.ID+"."+fleet.AskEvidence, part, &answer); err != nil {
			l.opt.Log.Warn("evidence could not be brought to the server", "file", o.File, "error", err)
			return
		}
		if data = data[n:]; part.Last || !answer.More {
			return
		}
	}
}
