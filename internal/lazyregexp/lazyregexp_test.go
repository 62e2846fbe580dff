package lazyregexp

import (
	"sync"
	"testing"
)

func TestCompiledOnce(t *testing.T) {
	old := inTest
	inTest = false
	defer func() { inTest = old }()
	r := New(`^(a+)b`)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if got := r.FindStringSubmatch("aab"); len(got) != 2 || got[1] != "aa" {
				t.Errorf("got %q", got)
			}
		})
	}
	wg.Wait()
	defer func() {
		if recover() == nil {
			t.Error("the use of what is no regular expression did not panic")
		}
	}()
	New("(").MatchString("")
}

func TestCompiledAtOnceInTests(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("what is no regular expression was taken")
		}
	}()
	New("(")
}
