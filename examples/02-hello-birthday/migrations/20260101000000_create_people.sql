-- migrate:up
CREATE TABLE people (
  username text PRIMARY KEY CHECK (username ~ '^[a-z]{1,64}$'),
  date_of_birth date NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON COLUMN people.username IS 'In lower case: usernames differ by their letters, not by their case.';

-- migrate:down
DROP TABLE people;
