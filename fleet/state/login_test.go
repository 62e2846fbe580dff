package state

import (
	"fmt"
	"testing"
	"time"

	"github.com/ruleids/ruleids/fleet"
)

// Logins are kept once each, whatever is told twice; what was not told is counted; a search takes its words as they are.
func TestLogins(t *testing.T) {
	db, err := Open(t.TempDir() + "/server.db")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx, boot := t.Context(), time.Unix(1_000_000, 0)
	at := func(minute int) time.Time {
		return time.Unix(1_800_000_000, 0).Add(time.Duration(minute) * time.Minute).UTC()
	}
	var all []fleet.Login
	for i := range 20 {
		l := fleet.Login{Seq: uint64(i + 1), Time: at(i), Result: "failure", User: fmt.Sprintf("user%d", i%3), Src: "203.0.113.7", Service: "sshd", Host: "db%1"}
		if i%10 == 9 {
			l.Result, l.User, l.Src = "success", "ana", "192.0.2.1"
		}
		all = append(all, l)
	}
	for _, list := range [][]fleet.Login{all[:5], all[2:8], all[12:], all[12:], nil} {
		if err := db.AddLogins(ctx, "a", boot, list); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.AddLogins(ctx, "a", boot.Add(time.Hour), all[:1]); err != nil { // after a start numbers begin again
		t.Fatal(err)
	}
	q := &LoginQuery{Since: at(0), Until: at(60)}
	list, err := db.Logins(ctx, q, 100)
	if err != nil || len(list) != 17 || !list[0].Time.Equal(at(19)) {
		t.Fatalf("%d logins, %v: %+v", len(list), err, list)
	}
	c, err := db.CountLogins(ctx, q, 15*time.Minute, 2)
	if err != nil || c.Total["failure"] != 16 || c.Total["success"] != 1 || c.Untold != 4 || len(c.Users) != 2 || c.Users[0] != (LoginCount{"user0", 7}) || len(c.Sources) != 1 || c.Sources[0] != (LoginCount{"203.0.113.7", 16}) {
		t.Fatalf("%+v, %v", c, err)
	}
	failures := 0
	for _, s := range c.Timeline {
		failures += s.Failure
	}
	if len(c.Timeline) != 4 || failures != 16 || c.Timeline[1].Success != 1 {
		t.Errorf("timeline %+v", c.Timeline)
	}
	for text, n := range map[string]int{"ANA": 1, "%": 17, "db%1": 17, "_": 0, `\`: 0, "'": 0, "user1": 5, "203.0.113.": 16} {
		if list, err := db.Logins(ctx, &LoginQuery{Since: at(0), Until: at(60), Text: text}, 100); err != nil || len(list) != n {
			t.Errorf("%q: %d logins, %v; want %d", text, len(list), err, n)
		}
	}
}
