package agent

import (
	"context"
	"fmt"
	"net"
	"os/user"
	"strconv"

	"golang.org/x/sys/unix"
)

// withPeer notes who is at the other end of a connection: SO_PEERCRED of unix(7), which a client cannot forge.
func withPeer(ctx context.Context, c net.Conn) context.Context {
	u, ok := c.(*net.UnixConn)
	if !ok {
		return ctx
	}
	raw, err := u.SyscallConn()
	if err != nil {
		return ctx
	}
	var cred *unix.Ucred
	if cerr := raw.Control(func(fd uintptr) { cred, err = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) }); cerr != nil || err != nil {
		return ctx
	}
	p := peer{uid: int(cred.Uid), name: fmt.Sprintf("uid %d", cred.Uid)}
	if account, err := user.LookupId(strconv.Itoa(p.uid)); err == nil {
		p.name = account.Username
	}
	return context.WithValue(ctx, peerKey{}, p)
}
