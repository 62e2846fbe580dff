package server

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"sync"

	"github.com/ruleids/ruleids/fleet"
	"github.com/ruleids/ruleids/fleet/api"
)

// maxOrders is how many files of evidence are on their way at a time: each may take fleet.MaxEvidence of memory.
const maxOrders = 8

// orders are the files of evidence that agents were told to bring, by ticket.
type orders struct {
	mu   sync.Mutex
	open map[string]*order
}

// An order is one that an agent brings.
type order struct {
	agent string // its identity: no other may bring it
	data  []byte
	err   error
	done  chan struct{} // closed when all of it is there, or err is
}

// evidence has an agent bring a file of evidence.
func (s *Server) evidence(ctx context.Context, id, file string) ([]byte, error) {
	if s.bus == nil || !s.bus.Connected(id) {
		return nil, api.ErrOffline
	}
	ticket, o := rand.Text(), &order{agent: id, done: make(chan struct{})}
	s.orders.mu.Lock()
	if len(s.orders.open) >= maxOrders {
		s.orders.mu.Unlock()
		return nil, api.ErrBusy
	}
	if s.orders.open == nil {
		s.orders.open = map[string]*order{}
	}
	s.orders.open[ticket] = o
	s.orders.mu.Unlock()
	defer func() {
		s.orders.mu.Lock()
		delete(s.orders.open, ticket)
		s.orders.mu.Unlock()
	}()
	if err := s.bus.Tell(id, reply(fleet.Told{Evidence: &fleet.EvidenceOrder{Ticket: ticket, File: file}})); err != nil {
		return nil, err
	}
	select {
	case <-o.done:
		return o.data, o.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// maxReason bounds what an agent says of evidence that it does not have.
const maxReason = 300

// takeEvidence takes a part of a file from an agent.
func (s *Server) takeEvidence(id string, data []byte) fleet.EvidenceAnswer {
	var p fleet.EvidencePart
	if err := json.Unmarshal(data, &p); err != nil {
		return fleet.EvidenceAnswer{}
	}
	s.orders.mu.Lock()
	defer s.orders.mu.Unlock()
	o := s.orders.open[p.Ticket]
	if o == nil || o.agent != id {
		return fleet.EvidenceAnswer{} // it is not waited for any more
	}
	switch {
	case p.Error != "":
		o.err = &api.NoEvidence{Why: p.Error[:min(len(p.Error), maxReason)]}
	case len(o.data)+len(p.Data) > fleet.MaxEvidence:
		o.err = &api.NoEvidence{Why: "it is larger than evidence may be"}
	default:
		if o.data = append(o.data, p.Data...); !p.Last {
			return fleet.EvidenceAnswer{More: true}
		}
	}
	delete(s.orders.open, p.Ticket)
	close(o.done)
	return fleet.EvidenceAnswer{}
}
