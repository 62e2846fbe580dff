package api

import "time"

// EvidenceStatus is what is kept of the packets around alerts.
type EvidenceStatus struct {
	Dir          string    `json:"dir"`
	Files        int       `json:"files"` // that there are
	Bytes        int64     `json:"bytes"` // of these
	Written      uint64    `json:"written"`
	WrittenBytes uint64    `json:"written_bytes"`
	Pending      int       `json:"pending"` // files that wait for packets after their alert
	Removed      uint64    `json:"removed"` // to make room, or for their age
	Lost         uint64    `json:"lost"`    // alerts without evidence, since too many came at a time
	LastLost     time.Time `json:"last_lost,omitzero"`
	Skipped      uint64    `json:"skipped"` // packets that were not kept, since those before them were still being looked at
	Failed       uint64    `json:"failed"`
	Error        string    `json:"error"`
}
