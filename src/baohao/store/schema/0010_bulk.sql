-- Files that are worked through in the background. The bucket of both tables is the principal's: to anybody
-- else a file is not there.

-- One row a file; what is counted here follows from its parts.
CREATE TABLE bulk_files (
    bucket     smallint NOT NULL CHECK (bucket = baohao_bucket(principal)),
    id         uuid NOT NULL,
    principal  text COLLATE "C" NOT NULL CHECK (principal <> ''),
    key        text COLLATE "C" NOT NULL CHECK (key <> ''),
    channel    text COLLATE "C" NOT NULL,
    format     text COLLATE "C" NOT NULL CHECK (format IN ('csv', 'ndjson')),
    -- What holds for rows that do not say otherwise: term, paid, till.
    usual      json NOT NULL,
    -- Of the content; empty while it arrives.
    digest     text COLLATE "C" NOT NULL DEFAULT '',
    state      text COLLATE "C" NOT NULL
        CHECK (state IN ('arriving', 'waiting', 'working', 'done', 'failed', 'stopped')),
    rows       int NOT NULL DEFAULT 0 CHECK (rows >= 0),
    parts      int NOT NULL DEFAULT 0 CHECK (parts >= 0),
    -- The part to be done next, counted from 0.
    at         int NOT NULL DEFAULT 0 CHECK (at BETWEEN 0 AND parts),
    done       int NOT NULL DEFAULT 0,
    refused    int NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL,
    started_at timestamptz,
    ended_at   timestamptz,
    -- Why it failed.
    reason     text NOT NULL DEFAULT '',
    PRIMARY KEY (bucket, id),
    CONSTRAINT bulk_files_counted CHECK (done >= 0 AND refused >= 0 AND done + refused <= rows)
) WITH (fillfactor = 70);
-- A key is taken once the whole file is there: of two that arrive at once, the first that is complete.
CREATE UNIQUE INDEX bulk_files_key ON bulk_files (bucket, principal, key) WHERE state <> 'arriving';
CREATE INDEX bulk_files_open ON bulk_files (created_at, bucket, id)
    WHERE state IN ('arriving', 'waiting', 'working');

-- The rows of a file, a few hundred in each part.
CREATE TABLE bulk_parts (
    bucket    smallint NOT NULL CHECK (bucket = baohao_bucket(principal)),
    id        uuid NOT NULL,
    part      int NOT NULL CHECK (part >= 0),
    principal text COLLATE "C" NOT NULL,
    -- As text, read whole; empty once it is done.
    body      text NOT NULL,
    -- What became of each row, a JSON object a line; null: not done.
    outcome   text,
    PRIMARY KEY (bucket, id, part)
);
