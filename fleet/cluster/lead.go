package cluster

import (
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Lead has this process take part in the choice of a leader, and tells agents by way of the other servers that they can connect
// to address, "" where they cannot.
//
// A leader has a lease in a bucket whose entries end by themselves: whoever makes the entry leads until it would end, and longer
// as long as it is written again in time.
func (c *Cluster) Lead(ctx context.Context, address string) error {
	lease, err := c.bucket(ctx, "lease", leaseLife)
	if err != nil {
		return err
	}
	servers, err := c.bucket(ctx, "servers", serversLife)
	if err != nil {
		return err
	}
	c.lookAround(servers, address)
	c.background(func() {
		c.every(leaseRenew, func() { c.renew(lease) })
		// Closed: the entries are not to outlive this process.
		ctx, cancel := context.WithTimeout(context.Background(), answerSoon)
		defer cancel()
		if c.Leads() {
			_ = lease.Purge(ctx, leader) // it ends by itself else
		}
	})
	c.background(func() {
		c.every(announce, func() { c.lookAround(servers, address) })
		ctx, cancel := context.WithTimeout(context.Background(), answerSoon)
		defer cancel()
		if address != "" {
			_ = servers.Purge(ctx, placeOf(address))
		}
	})
	return nil
}

const leader = "leader"

func (c *Cluster) bucket(ctx context.Context, what string, life time.Duration) (kv jetstream.KeyValue, err error) {
	conf := jetstream.KeyValueConfig{Bucket: c.name(what), TTL: life, Replicas: c.opt.Settings.Replicas, Storage: jetstream.FileStorage}
	err = c.insist(ctx, func(ctx context.Context) error {
		kv, err = c.js.CreateOrUpdateKeyValue(ctx, conf)
		return err
	})
	return kv, err
}

// every calls f at once, and then again and again until the cluster is closed.
func (c *Cluster) every(pause time.Duration, f func()) {
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for {
		f()
		select {
		case <-c.ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// renew writes the lease, where this process has it or none does.
func (c *Cluster) renew(kv jetstream.KeyValue) {
	ctx, cancel := context.WithTimeout(c.ctx, leaseRenew)
	defer cancel()
	begin := time.Now() // the lease is as old as the request, at most
	was := c.Leads()
	e, err := kv.Get(ctx, leader)
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
		_, err = kv.Create(ctx, leader, []byte(c.id))
	case err == nil && string(e.Value()) == c.id:
		_, err = kv.Update(ctx, leader, []byte(c.id), e.Revision())
	case err == nil:
		c.resign() // another one leads
		return
	}
	if err != nil {
		return // what was written before still holds until it ends
	}
	c.leads.Store(begin.Add(leaseLife - leaseRenew).UnixNano())
	if !was {
		c.opt.Log.Info("this server leads: it looks after rule sets, and raises the alerts of rules on alerts")
	}
}

func (c *Cluster) resign() { c.leads.Store(0) }

// Leads reports whether this process leads: at most one of all does.
func (c *Cluster) Leads() bool { return time.Now().UnixNano() < c.leads.Load() }

// lookAround writes where agents can connect to this server, and reads where they can to others.
func (c *Cluster) lookAround(kv jetstream.KeyValue, address string) {
	ctx, cancel := context.WithTimeout(c.ctx, answerSoon)
	defer cancel()
	if address != "" {
		if _, err := kv.Put(ctx, placeOf(address), []byte(address)); err != nil {
			return // tried again soon; the others keep what they know
		}
	}
	list, err := kv.ListKeys(ctx)
	if err != nil {
		return
	}
	var found []string
	for key := range list.Keys() {
		if e, err := kv.Get(ctx, key); err == nil {
			found = append(found, string(e.Value()))
		}
	}
	if ctx.Err() != nil || len(found) == 0 {
		return
	}
	slices.Sort(found)
	c.mu.Lock()
	c.servers = slices.Compact(found)
	c.mu.Unlock()
}

// placeOf is the key of an address: one server at a time is there.
func placeOf(address string) string { return hex.EncodeToString([]byte(address)) }

// Servers returns where agents can connect to: host:port of each server that was there lately. One that was killed is among them
// for a while: an agent that forgot it might be left with another one that is lost next.
func (c *Cluster) Servers() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string{}, c.servers...)
}
