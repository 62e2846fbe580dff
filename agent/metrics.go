package agent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
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
	Help   string
	Labels []string
	desc   *prometheus.Desc
}

// Kind is "counter" or "gauge".
func (m *Metric) Kind() string {
	if strings.HasSuffix(m.Name, "_total") {
		return "counter"
	}
	return "gauge"
}

// Metrics returns the metrics of all parts, beside those of the Go runtime and of the process.
func Metrics() []Metric {
	return newMetrics(newDaemon(Options{Log: io.Discard, Loaded: &Loaded{Config: new(config.Config), Rules: new(rules.RuleSet)}}).parts).rows
}

// metrics are those of all parts, gathered when they are asked for.
type metrics struct {
	rows     []Metric
	collects []func(chan<- prometheus.Metric)
}

func newMetrics(parts []namedPart) *metrics {
	t := &metrics{}
	for _, p := range parts {
		if m, ok := p.Part.(measured); ok {
			t.collects = append(t.collects, m.Metrics(t))
		}
	}
	return t
}

// add adds a metric and returns what sends a value of it.
func (t *metrics) add(name, help string, labels ...string) func(ch chan<- prometheus.Metric, value float64, labels ...string) {
	m := Metric{name, help, labels, prometheus.NewDesc(name, help, labels, nil)}
	t.rows = append(t.rows, m)
	kind := prometheus.GaugeValue
	if m.Kind() == "counter" {
		kind = prometheus.CounterValue
	}
	return func(ch chan<- prometheus.Metric, value float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(m.desc, kind, value, labels...)
	}
}

// A measure is a metric, and its value of an x.
type measure[X any] struct {
	name, help string
	value      func(x X) float64
}

// each adds measures of the things of a list, by labels whose values of returns, and returns what sends them.
func each[X any](t *metrics, list func() []X, labels []string, of func(X) []string, measures ...measure[X]) func(chan<- prometheus.Metric) {
	var sends []func(chan<- prometheus.Metric, float64, ...string)
	for _, m := range measures {
		sends = append(sends, t.add(m.name, m.help, labels...))
	}
	return func(ch chan<- prometheus.Metric) {
		for _, x := range list() {
			for i, m := range measures {
				sends[i](ch, m.value(x), of(x)...)
			}
		}
	}
}

// Describe implements prometheus.Collector.
func (t *metrics) Describe(ch chan<- *prometheus.Desc) {
	for i := range t.rows {
		ch <- t.rows[i].desc
	}
}

// Collect implements prometheus.Collector.
func (t *metrics) Collect(ch chan<- prometheus.Metric) {
	for _, collect := range t.collects {
		collect(ch)
	}
}

// metricsServer serves /metrics for Prometheus and /healthz for supervisors.
type metricsServer struct {
	d        *Daemon
	listener net.Listener // nil without
}

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
	serveHTTP(ctx, m.listener, m.handler(), m.d.log, "metrics")
	return nil
}

// Close gives up the address.
func (m *metricsServer) Close(context.Context) error { return closeListener(m.listener) }

func (m *metricsServer) handler() http.Handler {
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), newMetrics(m.d.parts))
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
func (m *metricsServer) Metrics(t *metrics) func(chan<- prometheus.Metric) {
	buildInfo := t.add("ruleids_build_info", "1, with the version of the program.", "version")
	healthy := t.add("ruleids_healthy", "1 where packets are being read and rules are loaded, as /healthz says.")
	return func(ch chan<- prometheus.Metric) {
		buildInfo(ch, 1, m.d.opt.Version)
		healthy(ch, one(m.d.Health() == nil))
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
		// Answers under way may be finished, but a client that does not read does not keep the daemon from stopping.
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
