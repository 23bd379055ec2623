package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

const mark = "marie.antoinette@example.com"

// logOf is the log of a request that fails with an error.
func logOf(err error) string {
	var log bytes.Buffer
	items := &memoryItems{map[string]Item{}, err}
	newHandler(items, slog.New(slog.NewJSONHandler(&log, nil)), func() bool { return false }).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/items", nil))
	return log.String()
}

func TestErrorsAreLoggedWithoutWhatCallersWrote(t *testing.T) {
	quoting := func(code string) *pgconn.PgError {
		return &pgconn.PgError{Severity: "ERROR", Code: code, Message: "no " + mark, Detail: "Failing row contains (" + mark + ")", Hint: mark, Where: mark, InternalQuery: mark, TableName: "items", ConstraintName: "items_check"}
	}
	for _, err := range []error{
		quoting("23514"), quoting("22P02"), quoting("P0001"), fmt.Errorf("items: %w", quoting("23505")),
		fmt.Errorf("failed to encode args[0]: unable to encode %q", mark), errors.New(mark),
	} {
		if log := logOf(err); strings.Contains(log, mark) || !strings.Contains(log, "a request failed") {
			t.Error(log)
		}
	}
	if log := logOf(quoting("23514")); !strings.Contains(log, `"error":{"code":"23514","table":"items","column":"","constraint":"items_check"}`) {
		t.Error(log)
	}
}

func TestErrorsThatNameNoValueAreLoggedWithTheirMessage(t *testing.T) {
	for err, message := range map[error]string{
		&pgconn.PgError{Code: "42P01", Message: `relation "items" does not exist`}: "does not exist",
		&pgconn.PgError{Code: "57P01", Message: "terminating connection"}:          "terminating connection",
		fmt.Errorf("query: %w", context.DeadlineExceeded):                          "deadline exceeded",
	} {
		if log := logOf(err); !strings.Contains(log, message) {
			t.Error(log)
		}
	}
}
