package fleet

import "time"

// A Login is one that an agent found in the logs that it reads.
type Login struct {
	// Seq counts the logins of the agent since its start, from 1. What is missing between two was not told, since there were
	// more than MaxLogins between two heartbeats.
	Seq     uint64    `json:"seq"`
	Time    time.Time `json:"time"`   // as the log has it
	Result  string    `json:"result"` // success, failure or probe
	User    string    `json:"user"`
	Src     string    `json:"src"`     // address of the client; "" where the log names none
	Service string    `json:"service"` // that was logged in to, as "sshd"
	Host    string    `json:"host"`    // whose log it is
	Method  string    `json:"method"`
	Reason  string    `json:"reason"` // why not
}

// MaxLogins is how many logins a beat tells of, the newest; MaxLoginText bounds each of their texts in bytes.
const (
	MaxLogins    = 100
	MaxLoginText = 256
)
