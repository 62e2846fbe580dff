package api

import "time"

// Tuning is what GET /tuning answers: how large the values got that rules held against their thresholds, in the last seven days.
type Tuning struct {
	From  time.Time  `json:"from"` // packets were watched from here, perhaps with gaps,
	To    time.Time  `json:"to"`   // to here
	Rules []TuneRule `json:"rules"`
}

// TuneRule is what is known of one rule.
type TuneRule struct {
	Rule      string      `json:"rule"`
	Threshold float64     `json:"threshold"`
	Strict    bool        `json:"strict"` // the rule fires above its threshold, not at it
	Values    []TuneValue `json:"values"` // ascending
	Tail      []TuneTail  `json:"tail"`   // the keys with the largest values, largest first
}

// TuneValue is a value, rounded down to a class, with how many spells of keys had it as their largest.
type TuneValue struct {
	Value float64 `json:"value"`
	Keys  int64   `json:"keys"`
}

// TuneTail is a key with a large value.
type TuneTail struct {
	Key   map[string]any `json:"key"`
	Value float64        `json:"value"`
	Time  time.Time      `json:"time"`
}
