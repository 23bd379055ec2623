package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

type memoryItems struct {
	items map[string]Item
	fault error
}

func (m *memoryItems) List(context.Context) ([]Item, error) {
	all := []Item{}
	for _, item := range m.items {
		all = append(all, item)
	}
	return all, m.fault
}

func (m *memoryItems) Find(_ context.Context, id string) (Item, error) {
	item, found := m.items[id]
	if m.fault == nil && !found {
		return item, errNotFound
	}
	return item, m.fault
}

func (m *memoryItems) Create(_ context.Context, in ItemInput) (Item, error) {
	item := Item{ID: "1", Name: in.Name, Quantity: in.Quantity, ETag: "v1"}
	m.items[item.ID] = item
	return item, m.fault
}

func (m *memoryItems) Update(ctx context.Context, id string, in ItemInput) (Item, error) {
	if _, err := m.Find(ctx, id); err != nil {
		return Item{}, err
	}
	m.items[id] = Item{ID: id, Name: in.Name, Quantity: in.Quantity, ETag: "v2"}
	return m.items[id], nil
}

func (m *memoryItems) Delete(ctx context.Context, id string) error {
	_, err := m.Find(ctx, id)
	delete(m.items, id)
	return err
}

func call(items Items, draining bool, method, path, body string) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	log := slog.New(slog.NewJSONHandler(io.Discard, nil))
	newHandler(items, log, func() bool { return draining }).ServeHTTP(recorder, httptest.NewRequest(method, path, strings.NewReader(body)))
	return recorder
}

func TestItemsAreCreatedReadChangedAndDeleted(t *testing.T) {
	items := &memoryItems{items: map[string]Item{}}
	steps := []struct {
		method, path, body string
		status             int
		answer             string
	}{
		{"GET", "/items", "", 200, `{"items":[]}`},
		{"POST", "/items", `{"name":"lamp","quantity":3}`, 201, `{"id":"1","name":"lamp","quantity":3}`},
		{"GET", "/items/1", "", 200, `{"id":"1","name":"lamp","quantity":3}`},
		{"PUT", "/items/1", `{"name":"lamp","quantity":2}`, 200, `{"id":"1","name":"lamp","quantity":2}`},
		{"DELETE", "/items/1", "", 204, ""},
		{"DELETE", "/items/1", "", 404, `{"error":"there is no such item"}`},
		{"GET", "/items/1", "", 404, `{"error":"there is no such item"}`},
	}
	for _, step := range steps {
		got := call(items, false, step.method, step.path, step.body)
		if got.Code != step.status || strings.TrimSpace(got.Body.String()) != step.answer {
			t.Fatalf("%s %s: %d %s", step.method, step.path, got.Code, got.Body)
		}
	}
}

func TestFailsOnInputThatCannotBeStored(t *testing.T) {
	for _, body := range []string{
		``, `[]`, `{"name":""}`, `{"name":"x","quantity":-1}`, `{"name":"x","quantity":1.5}`, `{"name":"x","id":"7"}`,
		`{"name":"x"}{}`, `{"name":"a\u0000b"}`, `{"name":"` + strings.Repeat("x", 201) + `"}`, `{"name":"` + strings.Repeat("x", 20000) + `"}`,
	} {
		items := &memoryItems{items: map[string]Item{}}
		if got := call(items, false, "POST", "/items", body); got.Code != http.StatusBadRequest || len(items.items) != 0 {
			t.Errorf("%.40q: %d, %d stored", body, got.Code, len(items.items))
		}
	}
}

func TestHealthDoesNotLookAtTheDatabaseAndFailsWhileDraining(t *testing.T) {
	broken := &memoryItems{fault: errors.New("password authentication failed")}
	if got := call(broken, false, "GET", "/healthz", ""); got.Code != http.StatusOK {
		t.Errorf("healthy: %d", got.Code)
	}
	if got := call(broken, true, "GET", "/healthz", ""); got.Code != http.StatusServiceUnavailable {
		t.Errorf("draining: %d", got.Code)
	}
	if got := call(broken, false, "GET", "/items", ""); got.Code != http.StatusServiceUnavailable || strings.Contains(got.Body.String(), "password") {
		t.Errorf("broken: %d %s", got.Code, got.Body)
	}
}

func TestConfigurationNeverRepeatsTheURL(t *testing.T) {
	for _, url := range []string{"", "postgresql://u:secret@h:port/db", "postgresql://u:secret@h/db?sslmode=nonsense"} {
		_, err := readConfig(func(name string) string { return map[string]string{"DATABASE_URL": url}[name] })
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", url, err)
		}
	}
}

func TestConfigurationTakesWhatTheTaskDefinitionSets(t *testing.T) {
	env := map[string]string{"DATABASE_URL": "postgresql://u:p@h/db", "DATABASE_POOL_SIZE": "7", "PORT": "9000", "HOST": "127.0.0.1", "KEEP_ALIVE_TIMEOUT_SECONDS": "305"}
	config, err := readConfig(func(name string) string { return env[name] })
	if err != nil || config.pool.MaxConns != 7 || config.address != "127.0.0.1:9000" || config.keepAlive != 305*time.Second {
		t.Errorf("%+v %v", config, err)
	}
	env["DATABASE_POOL_SIZE"] = "many"
	if _, err := readConfig(func(name string) string { return env[name] }); err == nil {
		t.Error("a pool size that is no number was accepted")
	}
}

func TestFailsToStartWithoutADatabaseURL(t *testing.T) {
	var out bytes.Buffer
	err := run(context.Background(), func(string) string { return "" }, slog.New(slog.NewJSONHandler(&out, nil)))
	if err == nil || !strings.Contains(err.Error(), "DATABASE_URL") {
		t.Errorf("%v", err)
	}
}
