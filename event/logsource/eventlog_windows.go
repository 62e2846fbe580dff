package logsource

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	wevtapi           = windows.NewLazySystemDLL("wevtapi.dll")
	evtSubscribe      = wevtapi.NewProc("EvtSubscribe")
	evtNext           = wevtapi.NewProc("EvtNext")
	evtRender         = wevtapi.NewProc("EvtRender")
	evtCreateBookmark = wevtapi.NewProc("EvtCreateBookmark")
	evtUpdateBookmark = wevtapi.NewProc("EvtUpdateBookmark")
	evtClose          = wevtapi.NewProc("EvtClose")
)

// From winevt.h.
const (
	evtSubscribeToFutureEvents      = 1
	evtSubscribeStartAtOldestRecord = 2
	evtSubscribeStartAfterBookmark  = 3
	evtRenderEventXML               = 1
	evtRenderBookmark               = 2
)

const (
	// eventsAtOnce is how many events are taken in one call.
	eventsAtOnce = 64
	// lookForEvents is how often ctx is looked at while no event comes.
	lookForEvents = 200 * time.Millisecond
)

// An evtSubscription is a handle of EvtSubscribe with the event that says that there is more.
type evtSubscription struct {
	handle, bookmark uintptr
	more             windows.Handle
	room             []uint16
}

func subscribe(channel, query, bookmark string, oldest bool) (subscription, error) {
	if err := evtSubscribe.Find(); err != nil {
		return nil, err
	}
	var text [3]*uint16
	for i, s := range []string{channel, query, bookmark} {
		p, err := windows.UTF16PtrFromString(s)
		if err != nil {
			return nil, err
		}
		text[i] = p
	}
	s := &evtSubscription{room: make([]uint16, 4096)}
	flags, after := uintptr(evtSubscribeToFutureEvents), uintptr(0)
	if oldest {
		flags = evtSubscribeStartAtOldestRecord
	}
	var err error
	if bookmark == "" {
		text[2] = nil
	}
	if s.bookmark, _, err = evtCreateBookmark.Call(uintptr(unsafe.Pointer(text[2]))); s.bookmark == 0 {
		return nil, fmt.Errorf("the bookmark in the log %s: %w", channel, err)
	}
	if bookmark != "" {
		flags, after = evtSubscribeStartAfterBookmark, s.bookmark
	}
	if s.more, err = windows.CreateEvent(nil, 1, 1, nil); err != nil {
		s.close()
		return nil, err
	}
	s.handle, _, err = evtSubscribe.Call(0, uintptr(s.more), uintptr(unsafe.Pointer(text[0])), uintptr(unsafe.Pointer(text[1])), after, 0, 0, flags)
	if s.handle == 0 {
		s.close()
		if errors.Is(err, windows.ERROR_ACCESS_DENIED) {
			return nil, fmt.Errorf("the log %s is for administrators, and for members of the group Event Log Readers: %w", channel, err)
		}
		return nil, fmt.Errorf("the log %s: %w", channel, err)
	}
	return s, nil
}

// next implements subscription.
func (s *evtSubscription) next(ctx context.Context) (out []string, bookmark string, err error) {
	for ctx.Err() == nil {
		var events [eventsAtOnce]uintptr
		var n uint32
		ok, _, err := evtNext.Call(s.handle, eventsAtOnce, uintptr(unsafe.Pointer(&events[0])), 0, 0, uintptr(unsafe.Pointer(&n)))
		if ok == 0 {
			if !errors.Is(err, windows.ERROR_NO_MORE_ITEMS) && !errors.Is(err, windows.ERROR_TIMEOUT) {
				return nil, "", err
			}
			if err := windows.ResetEvent(s.more); err != nil {
				return nil, "", err
			}
			if _, err := windows.WaitForSingleObject(s.more, uint32(lookForEvents.Milliseconds())); err != nil {
				return nil, "", err
			}
			continue
		}
		for _, e := range events[:n] {
			text, rerr := s.render(e, evtRenderEventXML)
			if rerr == nil {
				out = append(out, text)
			}
			evtUpdateBookmark.Call(s.bookmark, e)
			evtClose.Call(e)
		}
		if bookmark, err = s.render(s.bookmark, evtRenderBookmark); err != nil || len(out) > 0 {
			return out, bookmark, err
		}
	}
	return nil, "", nil
}

// render returns an event, or a bookmark, as XML.
func (s *evtSubscription) render(h uintptr, flags uintptr) (string, error) {
	for {
		var used, properties uint32 // bytes
		ok, _, err := evtRender.Call(0, h, flags, uintptr(2*len(s.room)), uintptr(unsafe.Pointer(&s.room[0])), uintptr(unsafe.Pointer(&used)), uintptr(unsafe.Pointer(&properties)))
		if ok != 0 {
			return windows.UTF16ToString(s.room[:used/2]), nil
		}
		if !errors.Is(err, windows.ERROR_INSUFFICIENT_BUFFER) || int(used) <= 2*len(s.room) {
			return "", err
		}
		s.room = make([]uint16, used/2+1)
	}
}

func (s *evtSubscription) close() {
	for _, h := range []uintptr{s.handle, s.bookmark} {
		if h != 0 {
			evtClose.Call(h)
		}
	}
	if s.more != 0 {
		_ = windows.CloseHandle(s.more)
	}
}
