package honeypot

import (
	"bufio"
	"cmp"
	"strings"
)

// ftp is a server of RFC 959 that refuses every login. Its answers are vsftpd's.
type ftp struct{ banner string }

func (f ftp) serve(s *session) {
	// Commands come one at a time; the reader takes out the Telnet commands that go with ABOR.
	in := &lines{r: bufio.NewReaderSize(s, 512)}
	say := func(text string) bool {
		_, err := s.Write([]byte(text + "\r\n"))
		return err == nil
	}
	user, named := "", false
	defer func() {
		if named { // the password did not come
			s.login(user, "", "password")
		}
	}()
	for going := say("220 " + f.banner); going; {
		text, long, err := in.read()
		if err != nil && text == "" {
			return // session.leftover tells of what came where nothing else was told
		}
		text = strings.TrimLeft(text, " \t")
		verb, arg, _ := strings.Cut(text, " ")
		switch verb = strings.ToUpper(verb); {
		case long && verb != "PASS":
			going = s.command(text) && say("500 Input line too long.")
		case verb == "USER":
			if named {
				s.login(user, "", "password")
			}
			user, named = arg, true
			going = !s.exhausted() && say("331 Please specify the password.")
		case verb == "PASS" && !named:
			// A password without a user is not an attempt; what was sent is not told, for it is a password.
			going = s.command("PASS") && say("503 Login with USER first.")
		case verb == "PASS":
			s.login(user, arg, "password")
			named = false
			going = say("530 Login incorrect.") && !s.exhausted()
		default:
			if verb == "CLNT" {
				s.client = arg
			}
			going = s.command(text) && say(cmp.Or(ftpAnswers[verb], "530 Please login with USER and PASS.")) && verb != "QUIT"
		}
		going = going && err == nil
	}
}

// ftpAnswers are the replies to commands that need no login.
var ftpAnswers = map[string]string{
	"QUIT": "221 Goodbye.",
	"SYST": "215 UNIX Type: L8",
	"FEAT": "211-Features:\r\n CLNT\r\n EPRT\r\n EPSV\r\n MDTM\r\n PASV\r\n REST STREAM\r\n SIZE\r\n TVFS\r\n UTF8\r\n211 End",
	"NOOP": "200 NOOP ok.",
	"CLNT": "200 Noted.",
	"OPTS": "200 Always in UTF8 mode.",
}
