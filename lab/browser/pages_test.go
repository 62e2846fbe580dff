package browser

import (
	"testing"
)

// TestPages: every page with data and without, in light and dark, wide and narrow. Nothing on it keeps people out, nothing fails, the
// policy of the page refuses nothing, and nothing is wider than the window.
func TestPages(t *testing.T) {
	t.Parallel()
	full := newServer(t, true)
	for _, c := range []struct {
		name, scheme  string
		width, height int64
		server        func(*testing.T) *fleetServer
	}{
		{"wide and light", "light", 1280, 900, func(*testing.T) *fleetServer { return full }},
		{"narrow and dark", "dark", 390, 844, func(*testing.T) *fleetServer { return full }},
		{"empty", "dark", 1280, 900, func(t *testing.T) *fleetServer { return newServer(t, false) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := open(t, c.server(t))
			b.look(c.scheme, c.width, c.height)
			for _, path := range b.pages() {
				b.visit(path)
				b.accessible(path)
				var wide []string
				b.eval(`[...document.querySelectorAll("main *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".scroll, .tabs, svg, pre, .hidden")).slice(0, 3).map((e) => e.outerHTML.slice(0, 120))`, &wide)
				for _, e := range wide {
					t.Errorf("%s: this is out of the window: %s", path, e)
				}
				b.content()
			}
		})
	}
}
