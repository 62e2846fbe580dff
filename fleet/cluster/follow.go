package cluster

import (
	"context"
	"errors"
	"time"

	nats "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A Message is one of a stream.
type Message struct {
	Place uint64 // in the stream, from 1
	Data  []byte
}

const (
	waiting    = 256 // messages that were read ahead
	waitingFor = 4 << 20
	heartbeat  = time.Second
	expiry     = 10 * time.Second
)

// FollowChanges calls apply with every change behind a place, in order, one at a time, until the cluster is closed. What apply
// cannot do is tried again.
func (c *Cluster) FollowChanges(after uint64, apply func(Message) error) {
	c.background(func() {
		c.follow(streamState, after, 1, func(list []Message) error { return apply(list[0]) })
	})
}

// FollowAlerts calls apply with every message of alerts behind a place, in order, some at a time.
func (c *Cluster) FollowAlerts(after uint64, apply func([]Message) error) {
	c.background(func() { c.follow(streamAlerts, after, 64, apply) })
}

// ShareAlerts calls apply with messages of alerts, of which each goes to one of the servers that do this under a name. A message that
// a server does not come to an end with goes to another one.
func (c *Cluster) ShareAlerts(ctx context.Context, name string, apply func([]Message) error) error {
	var consumer jetstream.Consumer
	err := c.insist(ctx, func(ctx context.Context) (err error) {
		consumer, err = c.js.CreateOrUpdateConsumer(ctx, c.name(streamAlerts), jetstream.ConsumerConfig{Durable: name, AckPolicy: jetstream.AckExplicitPolicy, AckWait: time.Minute, MaxAckPending: 4096})
		return err
	})
	if err != nil {
		return err
	}
	c.background(func() {
		for c.ctx.Err() == nil {
			batch, err := consumer.Fetch(64, jetstream.FetchMaxWait(2*time.Second))
			if err != nil {
				c.pause()
				continue
			}
			var taken []jetstream.Msg
			var list []Message
			for m := range batch.Messages() {
				taken, list = append(taken, m), append(list, Message{Data: m.Data()})
			}
			if len(list) == 0 {
				if batch.Error() != nil {
					c.pause()
				}
				continue
			}
			failed := apply(list) != nil
			for _, m := range taken {
				if failed {
					_ = m.NakWithDelay(time.Second) // else it comes again later
				} else {
					_ = m.Ack() // what is not heard comes again, and is known
				}
			}
		}
	})
	return nil
}

// pause waits a moment before something is tried again.
func (c *Cluster) pause() {
	select {
	case <-c.ctx.Done():
	case <-time.After(retryEvery):
	}
}

// follow reads a stream. Its consumer is of this connection alone, and is made again wherever it gets lost.
func (c *Cluster) follow(stream string, after uint64, most int, apply func([]Message) error) {
	for c.ctx.Err() == nil {
		last, err := c.read(stream, after, most, apply)
		after = last
		if err != nil && c.ctx.Err() == nil {
			c.opt.Log.Warn("a stream cannot be followed; it is tried again", "stream", c.name(stream), "error", err)
		}
		c.pause()
	}
}

// errGap says that a message was lost on its way.
var errGap = errors.New("a message is missing")

// read reads a stream from behind a place until that fails, and returns the place to which it was applied.
//
// Its consumer lives on one NATS server. One that was killed counts as a place for consumers for minutes: who asks for a consumer gets
// no answer where it was to be there, so each try is a short one, and for a consumer of another name, which may be elsewhere. (An
// OrderedConsumer asks for the same name until it gets an answer.)
func (c *Cluster) read(stream string, after uint64, most int, apply func([]Message) error) (uint64, error) {
	ctx, cancel := context.WithTimeout(c.ctx, answerSoon)
	defer cancel()
	consumer, err := c.js.CreateConsumer(ctx, c.name(stream), jetstream.ConsumerConfig{DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: after + 1,
		AckPolicy: jetstream.AckNonePolicy, InactiveThreshold: time.Minute, MemoryStorage: true, Replicas: 1})
	if err != nil {
		return after, err
	}
	in := make(chan jetstream.Msg, waiting)
	failed := make(chan error, 1)
	fail := func(err error) {
		select {
		case failed <- err:
		default:
		}
	}
	next := uint64(1)
	ended := make(chan struct{})
	defer close(ended)
	reading, err := consumer.Consume(func(m jetstream.Msg) {
		meta, err := m.Metadata()
		if err == nil && meta.Sequence.Consumer != next {
			err = errGap
		}
		if err != nil {
			fail(err)
			return
		}
		next++
		select {
		case in <- m:
		case <-ended:
		}
	}, jetstream.PullMaxMessagesWithBytesLimit(waiting, waitingFor), jetstream.PullHeartbeat(heartbeat), jetstream.PullExpiry(expiry),
		jetstream.ConsumeErrHandler(func(_ jetstream.ConsumeContext, err error) { fail(err) }))
	if err != nil {
		return after, err
	}
	defer reading.Stop()
	go func() {
		select {
		case <-reading.Closed():
			fail(nats.ErrConnectionClosed)
		case <-ended:
		}
	}()
	var list []Message
	for {
		list = list[:0]
		select {
		case <-c.ctx.Done():
			return after, nil
		case err := <-failed:
			return after, err
		case m := <-in:
			list = c.take(list, m, after)
		}
		for more := true; more && len(list) < most; {
			select {
			case m := <-in:
				list = c.take(list, m, after)
			default:
				more = false
			}
		}
		if len(list) == 0 {
			continue
		}
		for apply(list) != nil { // which says why itself
			select {
			case <-c.ctx.Done():
				return after, nil
			case <-time.After(time.Second):
			}
		}
		after = list[len(list)-1].Place
		c.mu.Lock()
		c.places[stream] = after
		c.mu.Unlock()
	}
}

// take adds a message to those to be applied, unless it was before.
func (c *Cluster) take(list []Message, m jetstream.Msg, after uint64) []Message {
	meta, err := m.Metadata()
	if err != nil || meta.Sequence.Stream <= after || len(list) > 0 && meta.Sequence.Stream <= list[len(list)-1].Place {
		return list
	}
	return append(list, Message{meta.Sequence.Stream, m.Data()})
}

// Await returns when the changes up to a place were applied.
func (c *Cluster) Await(ctx context.Context, place uint64) error {
	ctx, cancel := context.WithTimeout(ctx, 10*openWithin)
	defer cancel()
	for {
		c.mu.Lock()
		at := c.places[streamState]
		c.mu.Unlock()
		if at >= place {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// SendAlerts appends a message of alerts.
func (c *Cluster) SendAlerts(ctx context.Context, id string, data []byte) error {
	return c.send(ctx, streamAlerts, id, data)
}

// Tell sends something to the other servers that are there now.
func (c *Cluster) Tell(what string, data []byte) {
	if err := c.conn.Publish(c.subject("tell."+what), data); err != nil {
		c.opt.Log.Debug("the other servers cannot be told", "what", what, "error", err)
	}
}

// Hear calls f with what the other servers tell.
func (c *Cluster) Hear(what string, f func([]byte)) error {
	_, err := c.conn.Subscribe(c.subject("tell."+what), func(m *nats.Msg) { f(m.Data) })
	return err
}
