-- +goose Up
CREATE TABLE items (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name text NOT NULL CHECK (name <> '' AND length(name) <= 200),
  quantity integer NOT NULL DEFAULT 0 CHECK (quantity >= 0),
  created_at timestamptz NOT NULL DEFAULT now(),
  -- pgcrypto: the version of an item, sent as its ETag.
  etag text NOT NULL GENERATED ALWAYS AS (encode(digest(name || ':' || quantity::text, 'sha256'), 'hex')) STORED
);

CREATE INDEX items_created_at ON items (created_at, id);

-- +goose Down
DROP TABLE items;
