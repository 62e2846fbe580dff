package engine

import (
	"github.com/ruleids/ruleids/engine/conversation"
	"github.com/ruleids/ruleids/packet/application"
)

// A ConversationDescription says how much is kept of conversations.
type ConversationDescription struct {
	TCP       uint64 `json:"tcp"` // that are open
	UDP       uint64 `json:"udp"`
	Pending   uint64 `json:"pending"` // that wait for an answer
	Settled   uint64 `json:"settled"` // that are over, or of which nothing can be told
	Events    bool   `json:"events"`  // rules look at what becomes of them
	Services  bool   `json:"services"`
	Heads     uint64 `json:"heads"`            // half-read message heads
	HeadBound int64  `json:"head_bytes_bound"` // bytes that these can take at most, of
	Bound     int64  `json:"bytes_bound"`      // bytes that all can take at most
}

func describeConversations(need conversation.Need) *ConversationDescription {
	l := conversation.DefaultLimits()
	d := &ConversationDescription{TCP: uint64(l.TCP), UDP: uint64(l.UDP), Pending: uint64(l.Pending), Settled: uint64(l.Settled),
		Events: need&conversation.Events != 0, Services: need&conversation.Services != 0, Bound: conversation.Bound(need, l)}
	if need&(conversation.Datagrams|conversation.Flows) == 0 {
		d.UDP = 0
	}
	if need&conversation.Heads != 0 {
		hellos, bytes := application.QUICBound()
		d.Heads, d.HeadBound = uint64(l.Heads+hellos), conversation.HeadBound(l)+bytes
		d.Bound += bytes
	}
	return d
}
