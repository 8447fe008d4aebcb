-- Who may ask over the network: keys, and what was asked without the door.

-- One row a key. The secret itself is shown once and kept nowhere; `verifier` is its SHA-256.
CREATE TABLE credentials (
    bucket        smallint NOT NULL CHECK (bucket = baohao_bucket(owner)),
    id            text COLLATE "C" NOT NULL CHECK (id <> ''),
    -- The principal that asks by it: an agent's key, or "operator:KEY" for an operator's own systems.
    owner         text COLLATE "C" NOT NULL CHECK (owner <> ''),
    -- What it is for, as its owner calls it; of one label two keys at most are live at a time.
    label         text COLLATE "C" NOT NULL CHECK (label <> ''),
    place         smallint CHECK (place IN (1, 2)),
    is_sandbox    boolean NOT NULL,
    verifier      bytea NOT NULL CHECK (octet_length(verifier) = 32),
    scopes        text[] COLLATE "C" NOT NULL,
    -- Networks that it may come from; empty: any.
    networks      text[] COLLATE "C" NOT NULL,
    -- What requests are signed with, sealed; null: they need no signature.
    signing       text,
    per_second    int NOT NULL CHECK (per_second > 0),
    per_day       int NOT NULL CHECK (per_day > 0),
    created_at    timestamptz NOT NULL,
    ends_at       timestamptz,
    last_used_at  timestamptz,
    PRIMARY KEY (bucket, id),
    -- A key that was put away has no place any more.
    CONSTRAINT credentials_put_away CHECK (place IS NOT NULL OR ends_at IS NOT NULL)
);
CREATE UNIQUE INDEX credentials_two_live ON credentials (bucket, owner, label, place)
    WHERE place IS NOT NULL;
CREATE INDEX credentials_id ON credentials (id);

-- How often a key has asked, and how many numbers that were not its own it has asked about; by day (UTC).
CREATE TABLE credential_days (
    bucket   smallint NOT NULL CHECK (bucket = baohao_bucket(owner)),
    owner    text COLLATE "C" NOT NULL,
    id       text COLLATE "C" NOT NULL,
    day      date NOT NULL,
    requests bigint NOT NULL CHECK (requests >= 0),
    PRIMARY KEY (bucket, id, day)
);

-- Writes that are no asks of the door (an endpoint, a file), each under its key, with what was answered.
CREATE TABLE requests (
    bucket      smallint NOT NULL CHECK (bucket = baohao_bucket(principal)),
    principal   text COLLATE "C" NOT NULL,
    key         text COLLATE "C" NOT NULL CHECK (key <> ''),
    body        bytea NOT NULL,
    answer      json,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (bucket, principal, key)
);
