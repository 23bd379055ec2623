package main

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"time"
)

type handler struct {
	items    Items
	log      *slog.Logger
	draining func() bool
}

func newHandler(items Items, log *slog.Logger, draining func() bool) http.Handler {
	h := &handler{items, log, draining}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", h.health)
	mux.HandleFunc("GET /items", h.list)
	mux.HandleFunc("POST /items", h.create)
	mux.HandleFunc("GET /items/{id}", h.find)
	mux.HandleFunc("PUT /items/{id}", h.update)
	mux.HandleFunc("DELETE /items/{id}", h.remove)
	return h.logged(mux)
}

// health is the load balancer's question: may this task get requests? It does not look at the database, or a restart
// of the database would make ECS replace every task at once.
func (h *handler) health(w http.ResponseWriter, _ *http.Request) {
	if h.draining() {
		answer(w, http.StatusServiceUnavailable, map[string]string{"status": "draining"})
		return
	}
	answer(w, http.StatusOK, map[string]string{"status": "ok"})
}

func (h *handler) list(w http.ResponseWriter, r *http.Request) {
	items, err := h.items.List(r.Context())
	if err != nil {
		h.fail(w, r, err)
		return
	}
	answer(w, http.StatusOK, map[string]any{"items": items})
}

func (h *handler) find(w http.ResponseWriter, r *http.Request) {
	item, err := h.items.Find(r.Context(), r.PathValue("id"))
	h.answerItem(w, r, http.StatusOK, item, err)
}

func (h *handler) create(w http.ResponseWriter, r *http.Request) {
	in, ok := input(w, r)
	if !ok {
		return
	}
	item, err := h.items.Create(r.Context(), in)
	h.answerItem(w, r, http.StatusCreated, item, err)
}

func (h *handler) update(w http.ResponseWriter, r *http.Request) {
	in, ok := input(w, r)
	if !ok {
		return
	}
	item, err := h.items.Update(r.Context(), r.PathValue("id"), in)
	h.answerItem(w, r, http.StatusOK, item, err)
}

func (h *handler) remove(w http.ResponseWriter, r *http.Request) {
	if err := h.items.Delete(r.Context(), r.PathValue("id")); err != nil {
		h.fail(w, r, err)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (h *handler) answerItem(w http.ResponseWriter, r *http.Request, status int, item Item, err error) {
	if err != nil {
		h.fail(w, r, err)
		return
	}
	w.Header().Set("ETag", `"`+item.ETag+`"`)
	answer(w, status, item)
}

func (h *handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, errNotFound) {
		answer(w, http.StatusNotFound, map[string]string{"error": "there is no such item"})
		return
	}
	h.log.Error("a request failed", "requestId", requestID(r), describe(err))
	answer(w, http.StatusServiceUnavailable, map[string]string{"error": "the items are not available at the moment"})
}

func (h *handler) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := time.Now()
		next.ServeHTTP(w, r)
		if r.URL.Path != "/healthz" {
			h.log.Info("request", "requestId", requestID(r), "route", r.Pattern, "milliseconds", time.Since(started).Milliseconds())
		}
	})
}

func requestID(r *http.Request) string {
	if id := r.Header.Get("X-Amzn-Trace-Id"); id != "" {
		return id
	}
	return r.Header.Get("X-Request-Id")
}

func input(w http.ResponseWriter, r *http.Request) (ItemInput, bool) {
	var in ItemInput
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 16<<10))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&in); err != nil || decoder.More() {
		answer(w, http.StatusBadRequest, map[string]string{"error": `the body must be like {"name":"lamp","quantity":3}`})
		return in, false
	}
	if reason := in.Validate(); reason != "" {
		answer(w, http.StatusBadRequest, map[string]string{"error": reason})
		return in, false
	}
	return in, true
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
