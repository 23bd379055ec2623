package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"regexp"

	"github.com/jackc/pgx/v5/pgconn"
)

// plain are the classes of SQLSTATE whose messages name what was declared, or the state of the server. Those of 22, 23
// and P0 may quote values.
var plain = regexp.MustCompile(`^(08|28|3D|40|42|53|55|57|58)`)

// describe is an error for the log, without what callers wrote. Only what is listed here is logged: PostgreSQL quotes
// rows, keys and values, and pgx the argument that it cannot encode.
func describe(err error) slog.Attr {
	var database *pgconn.PgError
	if errors.As(err, &database) {
		attributes := []any{"code", database.Code, "table", database.TableName, "column", database.ColumnName, "constraint", database.ConstraintName}
		if plain.MatchString(database.Code) {
			attributes = append(attributes, "message", database.Message)
		}
		return slog.Group("error", attributes...)
	}
	if isOfConnection(err) {
		return slog.Group("error", "type", fmt.Sprintf("%T", err), "message", err.Error())
	}
	return slog.Group("error", "type", fmt.Sprintf("%T", err))
}

// isOfConnection tells whether an error is about the way to the server, and so about no value.
func isOfConnection(err error) bool {
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) || errors.As(err, &network) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
