package reputation

import "time"

// A State is how a source is, in a word.
type State string

// The states of a source.
const (
	StateReady   State = "ready"   // it answers, or nothing speaks against it
	StateOff     State = "off"     // there is no key
	StateRefused State = "refused" // VirusTotal does not take the key
	StateQuota   State = "quota"   // VirusTotal says that the quota is used up
	StateSpent   State = "spent"   // the requests of the day are used up by our own count
	StateFailing State = "failing" // there is no answer, or none that can be understood; of a list: it could not be read again
	StateClosed  State = "closed"
)

// Status is how a source is, and its counts since it was started.
type Status struct {
	Source string `json:"source"` // "virustotal" or "list"
	State  State  `json:"state"`
	// Healthy is false where a human has something to do or to wait for: the state is refused, quota or
	// failing, or the cache file cannot be written. A source that is off is as it was set.
	Healthy bool `json:"healthy"`
	// LastError is the last one, whether it is over or not.
	LastError     string    `json:"last_error,omitempty"`
	LastErrorTime time.Time `json:"last_error_time,omitzero"`

	// Entries are the patterns of a list, or the answers that are kept; EntryLimit is how many there may be.
	Entries    int `json:"entries"`
	EntryLimit int `json:"entry_limit"`

	// Files and Loaded are of a list: its files, and when they were read.
	Files  []string  `json:"files,omitempty"`
	Loaded time.Time `json:"loaded,omitzero"`

	// The rest is of virustotal.

	KeyFrom    string    `json:"key_from,omitempty"` // where the key is read: a file or an environment variable
	RetryAt    time.Time `json:"retry_at,omitzero"`  // before this nothing is asked
	Queued     int       `json:"queued"`             // indicators that wait
	QueueLimit int       `json:"queue_limit"`
	Dropped    uint64    `json:"dropped"`   // indicators that were given up: for want of room, or as they failed too often
	Requests   uint64    `json:"requests"`  // requests sent
	Answers    uint64    `json:"answers"`   // that VirusTotal answered, unknown indicators included
	Unknown    uint64    `json:"unknown"`   // indicators that VirusTotal does not know
	Failures   uint64    `json:"failures"`  // requests without an answer to use
	Withheld   uint64    `json:"withheld"`  // lookups of private, reserved and listed indicators, which are never asked about
	Today      int       `json:"today"`     // requests of this day in UTC
	DayLimit   int       `json:"day_limit"` // 0 for none
	LastAnswer time.Time `json:"last_answer,omitzero"`
	CacheFile  string    `json:"cache_file,omitempty"`
	CacheError string    `json:"cache_error,omitempty"` // why the file cannot be read or written; memory serves meanwhile
	// CacheDamage is how many lines of the cache file were unreadable at the start, one cut short included.
	CacheDamage int `json:"cache_damage"`
}
