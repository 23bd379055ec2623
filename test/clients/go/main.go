// Connects by the driver that the argument names, with nothing but the environment of a task, and prints as whom and where.
package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "github.com/lib/pq"
)

const query = `SELECT current_database() AS database, session_user AS "user", ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()`

type answer struct {
	Database string `json:"database"`
	User     string `json:"user"`
	SSL      bool   `json:"ssl"`
}

func connect(ctx context.Context, driver string) (found answer, err error) {
	if driver == "pgx" {
		connection, err := pgx.Connect(ctx, os.Getenv("DATABASE_URL"))
		if err != nil {
			return found, err
		}
		err = connection.QueryRow(ctx, query).Scan(&found.Database, &found.User, &found.SSL)
		return found, err
	}
	database, err := open(driver)
	if err != nil {
		return found, err
	}
	err = database.QueryRowContext(ctx, query).Scan(&found.Database, &found.User, &found.SSL)
	return found, err
}

func open(driver string) (*sql.DB, error) {
	if driver == "pgx/stdlib" {
		return sql.Open("pgx", os.Getenv("DATABASE_URL"))
	}
	return sql.Open("postgres", os.Getenv("DATABASE_URL"))
}

func main() {
	found, err := connect(context.Background(), os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	_ = json.NewEncoder(os.Stdout).Encode(found)
}
