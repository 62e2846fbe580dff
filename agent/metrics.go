package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/ruleids/ruleids/agent/config"
	"github.com/ruleids/ruleids/rules"
)

// A Metric is a row of a table of metrics. Names follow the naming practices of Prometheus.
type Metric struct {
	Name   string
	Kind   string // "counter" or "gauge"
	Labels []string
	Help   string
}

// Metrics returns the metrics of all parts, beside those of the Go runtime and of the process.
func Metrics() []Metric {
	var out []Metric
	for _, p := range newDaemon(Options{Log: io.Discard, Loaded: &Loaded{Config: new(config.Config), Rules: new(rules.RuleSet)}}).parts {
		if m, ok := p.(measured); ok {
			out = append(out, m.Metrics()...)
		}
	}
	return out
}

// metricsServer serves /metrics for Prometheus and /healthz for supervisors.
type metricsServer struct {
	d        *Daemon
	listener net.Listener // nil without
}

// Name implements Part.
func (m *metricsServer) Name() string { return "metrics" }

// Open listens.
func (m *metricsServer) Open(context.Context) (err error) {
	if m.d.running.Metrics.Listen == "" {
		return nil
	}
	if m.listener, err = net.Listen("tcp", string(m.d.running.Metrics.Listen)); err != nil {
		return fmt.Errorf("metrics: %w; give another address with metrics { listen = … }", err)
	}
	return nil
}

// Run serves.
func (m *metricsServer) Run(ctx context.Context) error {
	serveHTTP(ctx, m.listener, m.handler(), m.d.log, m.Name())
	return nil
}

// Close gives up the address.
func (m *metricsServer) Close(context.Context) error { return closeListener(m.listener) }

func (m *metricsServer) handler() http.Handler {
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), newCollector(m.d.parts))
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(reg, promhttp.HandlerOpts{MaxRequestsInFlight: 4}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		if err := m.d.Health(); err != nil {
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprintln(w, err)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	return mux
}

// Metrics implements measured.
func (m *metricsServer) Metrics() []Metric {
	return []Metric{
		{"ruleids_build_info", "gauge", []string{"version"}, "1, with the version of the program."},
		{"ruleids_healthy", "gauge", nil, "1 where packets are being read and rules are loaded, as /healthz says."},
	}
}

// Collect implements measured.
func (m *metricsServer) Collect(send func(name string, value float64, labels ...string)) {
	send("ruleids_build_info", 1, m.d.opt.Version)
	send("ruleids_healthy", one(m.d.Health() == nil))
}

// A collector gathers the metrics of parts when they are asked for.
type collector struct {
	parts []measured
	rows  map[string]collected
}

// collected is what a metric is to Prometheus.
type collected struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
}

func newCollector(parts []Part) *collector {
	c := &collector{rows: map[string]collected{}}
	for _, p := range parts {
		part, ok := p.(measured)
		if !ok {
			continue
		}
		c.parts = append(c.parts, part)
		for _, m := range part.Metrics() {
			kind := prometheus.GaugeValue
			if m.Kind == "counter" {
				kind = prometheus.CounterValue
			}
			c.rows[m.Name] = collected{prometheus.NewDesc(m.Name, m.Help, m.Labels, nil), kind}
		}
	}
	return c
}

// Describe sends the descriptions of all metrics.
func (c *collector) Describe(ch chan<- *prometheus.Desc) {
	for _, m := range c.rows {
		ch <- m.desc
	}
}

// Collect sends the metrics as they are.
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	for _, p := range c.parts {
		p.Collect(func(name string, value float64, labels ...string) {
			m := c.rows[name]
			ch <- prometheus.MustNewConstMetric(m.desc, m.kind, value, labels...)
		})
	}
}

func one(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// serveHTTP answers on a listener, nil for none, until ctx is done.
func serveHTTP(ctx context.Context, l net.Listener, h http.Handler, log *slog.Logger, what string) {
	if l == nil {
		return
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		ConnContext: withPeer}
	stop := context.AfterFunc(ctx, func() {
		// Answers under way may be finished, but a client that does not read keeps nobody from stopping.
		closing, done := context.WithTimeout(context.Background(), time.Second)
		defer done()
		if s.Shutdown(closing) != nil {
			_ = s.Close()
		}
	})
	defer stop()
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		log.Error("the "+what+" server ended", "error", err)
	}
}

// closeListener closes a listener, nil for none, that a server may have closed already.
func closeListener(l net.Listener) error {
	if l == nil {
		return nil
	}
	if err := l.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}
