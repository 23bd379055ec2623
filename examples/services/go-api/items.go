package main

import (
	"context"
	"errors"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Item is one row of the table items.
type Item struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Quantity int32  `json:"quantity"`
	// ETag is computed by the database with pgcrypto; it changes when the item does.
	ETag string `json:"-"`
}

// ItemInput is what a caller may set.
type ItemInput struct {
	Name     string `json:"name"`
	Quantity int32  `json:"quantity"`
}

// Validate answers with the reason why the input cannot be stored, or nothing.
func (in ItemInput) Validate() string {
	switch length := len([]rune(in.Name)); {
	case length == 0 || length > 200:
		return "name must have 1 to 200 characters"
	case strings.ContainsRune(in.Name, 0):
		// PostgreSQL has no such character in text.
		return "name must not contain U+0000"
	case in.Quantity < 0:
		return "quantity must not be negative"
	}
	return ""
}

// errNotFound means that no item has the id.
var errNotFound = errors.New("no such item")

// Items keeps items.
type Items interface {
	List(ctx context.Context) ([]Item, error)
	Find(ctx context.Context, id string) (Item, error)
	Create(ctx context.Context, in ItemInput) (Item, error)
	Update(ctx context.Context, id string, in ItemInput) (Item, error)
	Delete(ctx context.Context, id string) error
}

const columns = "id::text, name, quantity, etag"

var uuid = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

type postgresItems struct{ pool *pgxpool.Pool }

func (p *postgresItems) List(ctx context.Context) ([]Item, error) {
	rows, err := p.pool.Query(ctx, "SELECT "+columns+" FROM items ORDER BY created_at, id LIMIT 100")
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Item])
}

func (p *postgresItems) Find(ctx context.Context, id string) (Item, error) {
	return p.one(ctx, id, "SELECT "+columns+" FROM items WHERE id = $1", id)
}

func (p *postgresItems) Create(ctx context.Context, in ItemInput) (Item, error) {
	rows, err := p.pool.Query(ctx, "INSERT INTO items (name, quantity) VALUES ($1, $2) RETURNING "+columns, in.Name, in.Quantity)
	if err != nil {
		return Item{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Item])
}

func (p *postgresItems) Update(ctx context.Context, id string, in ItemInput) (Item, error) {
	return p.one(ctx, id, "UPDATE items SET name = $2, quantity = $3 WHERE id = $1 RETURNING "+columns, id, in.Name, in.Quantity)
}

func (p *postgresItems) Delete(ctx context.Context, id string) error {
	_, err := p.one(ctx, id, "DELETE FROM items WHERE id = $1 RETURNING "+columns, id)
	return err
}

func (p *postgresItems) one(ctx context.Context, id, sql string, args ...any) (Item, error) {
	if !uuid.MatchString(id) {
		return Item{}, errNotFound
	}
	rows, err := p.pool.Query(ctx, sql, args...)
	if err != nil {
		return Item{}, err
	}
	item, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Item])
	if errors.Is(err, pgx.ErrNoRows) {
		return Item{}, errNotFound
	}
	return item, err
}
