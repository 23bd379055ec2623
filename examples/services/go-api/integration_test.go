//go:build integration

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Runs against the migrated database that DATABASE_URL names; see TESTING.md.
func TestServesItemsFromPostgresAndStopsOnRequest(t *testing.T) {
	probe, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(probe.Addr().String())
	probe.Close()
	env := map[string]string{"DATABASE_URL": os.Getenv("DATABASE_URL"), "HOST": "127.0.0.1", "PORT": port}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	var log bytes.Buffer
	go func() {
		ended <- run(ctx, func(name string) string { return env[name] }, slog.New(slog.NewJSONHandler(&log, nil)))
	}()
	base := "http://127.0.0.1:" + port
	eventually(t, func() bool {
		response, err := http.Get(base + "/healthz")
		return err == nil && response.StatusCode == 200
	})

	created, etag := send(t, "POST", base+"/items", `{"name":"lamp","quantity":3}`, 201)
	id := created["id"].(string)
	found, same := send(t, "GET", base+"/items/"+id, "", 200)
	if found["name"] != "lamp" || same != etag || len(etag) != 66 {
		t.Errorf("%v %s %s", found, etag, same)
	}
	if _, changed := send(t, "PUT", base+"/items/"+id, `{"name":"lamp","quantity":2}`, 200); changed == etag {
		t.Error("the ETag did not change with the item")
	}
	send(t, "DELETE", base+"/items/"+id, "", 204)
	send(t, "GET", base+"/items/"+id, "", 404)
	send(t, "GET", base+"/items/not-an-id", "", 404)

	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// failing asks PostgreSQL for something that it refuses while it quotes the mark.
type failing struct {
	memoryItems
	pool *pgxpool.Pool
	sql  string
}

func (f *failing) List(ctx context.Context) ([]Item, error) {
	_, err := f.pool.Exec(ctx, f.sql, mark)
	return nil, err
}

func TestLogsErrorsOfPostgresWithoutTheValue(t *testing.T) {
	pool, err := pgxpool.New(context.Background(), os.Getenv("DATABASE_URL"))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	for code, sql := range map[string]string{
		"23514": "INSERT INTO items (name, quantity) VALUES ($1, -1)",
		"23505": "INSERT INTO items (id, name) SELECT '6f1c8b1e-0000-4000-8000-000000000001', $1 FROM generate_series(1, 2)",
		"22P02": "SELECT $1::text::integer",
		"22007": "SELECT $1::text::date",
	} {
		var log bytes.Buffer
		items := &failing{memoryItems{map[string]Item{}, nil}, pool, sql}
		handler := newHandler(items, slog.New(slog.NewJSONHandler(&log, nil)), func() bool { return false })
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/items", nil))
		if text := log.String(); !strings.Contains(text, code) || strings.Contains(text, mark) {
			t.Error(text)
		}
	}
}

func send(t *testing.T, method, url, body string, status int) (map[string]any, string) {
	t.Helper()
	request, _ := http.NewRequest(method, url, strings.NewReader(body))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	if response.StatusCode != status {
		t.Fatalf("%s %s: %d %s", method, url, response.StatusCode, text)
	}
	answer := map[string]any{}
	if len(text) > 0 {
		if err := json.Unmarshal(text, &answer); err != nil {
			t.Fatal(err)
		}
	}
	return answer, response.Header.Get("ETag")
}

func eventually(t *testing.T, condition func() bool) {
	t.Helper()
	for range 200 {
		if condition() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("it did not happen in time")
}
