package telegram

import (
	"fmt"
	"slices"
	"time"

	"github.com/go-telegram/bot/models"
)

const (
	// answerEvery is how long a stranger who got an answer gets no other.
	answerEvery = time.Hour
	// maxAnswers and maxLogged bound the answers to all strangers in an hour, and the lines about them in the log in
	// a minute: anybody can write to a bot.
	maxAnswers = 30
	maxLogged  = 20
)

// strangers are those who are no administrators and write to the bot.
type strangers struct {
	answered map[int64]time.Time // at most maxAnswers
	minute   time.Time           // when the minute of logs began
	logs     int
	unlogged uint64
}

// meet reports what to do about a stranger: answer, log, and how many were not logged since the last that was.
func (s *strangers) meet(user int64, now time.Time) (answer, log bool, unlogged uint64) {
	for id, at := range s.answered {
		if now.Sub(at) >= answerEvery {
			delete(s.answered, id)
		}
	}
	if _, before := s.answered[user]; !before && len(s.answered) < maxAnswers {
		if s.answered == nil {
			s.answered = map[int64]time.Time{}
		}
		s.answered[user], answer = now, true
	}
	if now.Sub(s.minute) >= time.Minute {
		s.minute, s.logs = now, 0
	}
	if s.logs++; s.logs > maxLogged {
		s.unlogged++
		return answer, false, 0
	}
	unlogged, s.unlogged = s.unlogged, 0
	return answer, true, unlogged
}

// refuse logs somebody who may not give commands, at all or in that chat, and returns what to answer; "" for nothing.
func (b *Bot) refuse(u *models.User, c models.Chat, text string) string {
	b.count(func(s *Status) { s.Refused++ })
	answer, log, unlogged := b.strange.meet(u.ID, time.Now())
	if log {
		b.log.Warn("refused in Telegram: the user is not an administrator of the bot in this chat", "notifier", b.name(), "user", who(u), "user_id", u.ID,
			"chat", c.ID, "text", clean(text, maxValue), "unlogged", unlogged)
	}
	if !answer {
		return ""
	}
	for _, r := range b.scopes {
		if slices.Contains(r.administrators, u.ID) {
			return fmt.Sprintf("Not in this chat. Write to me in private, or have its number %d added to the setting chats.", c.ID)
		}
	}
	return fmt.Sprintf("You are not an administrator of this bot. Your number is %d.", u.ID)
}
