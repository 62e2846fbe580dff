package agent

import (
	"context"
	"net"
	"runtime"

	"golang.org/x/sys/windows"
)

var impersonateNamedPipeClient = windows.NewLazySystemDLL("advapi32.dll").NewProc("ImpersonateNamedPipeClient")

// withPeer notes who is at the other end of a connection: the account that the pipe's client runs as, which a client cannot
// forge. The client has to let itself be identified; api.Client does.
func withPeer(ctx context.Context, c net.Conn) context.Context {
	p, ok := c.(interface{ Fd() uintptr })
	if !ok {
		return ctx
	}
	name, err := pipeClient(windows.Handle(p.Fd()))
	if err != nil {
		return ctx
	}
	return context.WithValue(ctx, peerKey{}, peer{uid: -1, name: name})
}

// pipeClient returns the account of the client of a pipe as DOMAIN\name.
func pipeClient(pipe windows.Handle) (string, error) {
	// A thread acts for the client in between; if it could not be made itself again, nothing else may run on it, and it
	// ends with this goroutine.
	ended := make(chan struct{})
	var name string
	var err error
	go func() {
		defer close(ended)
		runtime.LockOSThread()
		if ok, _, errno := impersonateNamedPipeClient.Call(uintptr(pipe)); ok == 0 {
			err = errno
			runtime.UnlockOSThread()
			return
		}
		var token windows.Token
		err = windows.OpenThreadToken(windows.CurrentThread(), windows.TOKEN_QUERY, true, &token)
		if windows.RevertToSelf() == nil {
			runtime.UnlockOSThread()
		}
		if err != nil {
			return
		}
		defer token.Close()
		name, err = accountOf(token)
	}()
	<-ended
	return name, err
}

func accountOf(token windows.Token) (string, error) {
	u, err := token.GetTokenUser()
	if err != nil {
		return "", err
	}
	account, domain, _, err := u.User.Sid.LookupAccount("")
	if err != nil {
		return u.User.Sid.String(), nil
	}
	return domain + `\` + account, nil
}
