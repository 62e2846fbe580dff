package window_test

import (
	"fmt"
	"time"

	"github.com/ruleids/ruleids/engine/window"
)

// A source is counted over 10 s, and so are its different ports.
func Example() {
	span := int64(10 * time.Second)
	t := window.New(window.Config{
		KeyWords: 1,
		Cells: []window.Cell{
			{Kind: window.Count, Span: span, Need: 100},
			{Kind: window.Distinct, Span: span, Need: 15},
		},
	})
	const seed = 1 // of a process: random
	source := []uint64{0xc6336407}
	hash := window.Hash(seed, source)
	for i := range int64(6) {
		now := i * int64(2*time.Second)
		row := t.Row(source, hash, now)
		t.Hit(row, 0, now, now)
		t.Observe(row, 1, uint64(1000+i%3), now, now)
		fmt.Println(t.Value(row, 0, now), t.Value(row, 1, now))
	}
	// Output:
	// 1 1
	// 2 2
	// 3 3
	// 4 3
	// 5 3
	// 5 3
}
