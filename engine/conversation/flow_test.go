package conversation

import "testing"

// What flow.* are asked for changes nothing of what is told of conversations: an RST long after the end is of none that is known,
// nor is the next one.
func TestFlowsBringNothingBack(t *testing.T) {
	for _, need := range []Need{Conversations, Conversations | Flows} {
		c := newTalk(t, need, Limits{})
		c.handshake(0)
		for at := 4000.0; at < 4002; at++ {
			if p := c.tcp(at, "RA<", 7, 0, ""); p.ConnOpen || p.ConnToServer {
				t.Errorf("need %v, at %v s: established %v, to server %v, of a conversation that nobody knows", need, at, p.ConnOpen, p.ConnToServer)
			}
		}
		if p := c.tcp(4003, "S", 100, 0, ""); p.ConnOpen || p.ConnAgain || need&Flows != 0 && p.FlowPackets != 1 {
			t.Errorf("need %v: %+v of the next conversation", need, p)
		}
	}
}
