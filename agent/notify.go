package agent

import (
	"context"
	"errors"
	"net/http"

	"github.com/ruleids/ruleids/agent/api"
)

// notifyRoutes adds POST /notify/test?name=NAME.
func (d *Daemon) notifyRoutes(mux *http.ServeMux) {
	mux.HandleFunc("POST /notify/test", func(w http.ResponseWriter, r *http.Request) {
		if d.opt.Notifiers == nil {
			refuse(w, errors.New("there are no notifiers; add a block notifier \"kind\" \"name\" to the settings"))
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), decideWithin)
		defer cancel()
		if err := d.opt.Notifiers.Test(ctx, r.URL.Query().Get("name")); err != nil {
			answer(w, http.StatusBadGateway, api.Failure{Error: err.Error()})
			return
		}
		answer(w, http.StatusOK, struct{}{})
	})
}
