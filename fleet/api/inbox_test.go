package api_test

import "testing"

// TestSeen: groups are new to somebody until they look at the inbox, not when a page merely asks how many there are.
func TestSeen(t *testing.T) {
	w := newWorld(t)
	unseen := func(path string) int {
		t.Helper()
		var page struct {
			Groups []struct {
				Key      map[string]any
				Category string
			}
			Total, Unseen int
		}
		w.get(path, &page)
		if page.Total == 0 || len(page.Groups) == 0 || len(page.Groups[0].Key) == 0 || page.Groups[0].Category == "" {
			t.Fatalf("%s: %d groups, the first %+v", path, page.Total, page.Groups)
		}
		return page.Unseen
	}
	const count, look = "/api/v1/inbox?limit=1&since=7d", "/api/v1/inbox?since=7d&look=true"
	all := unseen(count)
	if all == 0 || unseen(count) != all || unseen(look) != all {
		t.Error("asking how many there are is taken for a look")
	}
	if n := unseen(count); n != 0 {
		t.Errorf("%d are new after a look", n)
	}
}
