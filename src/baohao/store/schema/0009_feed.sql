-- What agents are told: the feed of their events, and who listens. The bucket is the listener's: an agent's
-- key, or "operator:KEY" for an operator's own systems.

-- Whoever has read the feed or has an endpoint. The row is the feed's counter and its lock.
CREATE TABLE listeners (
    bucket   smallint NOT NULL CHECK (bucket = baohao_bucket(listener)),
    listener text COLLATE "C" NOT NULL CHECK (listener <> ''),
    last_seq bigint NOT NULL CHECK (last_seq >= 0),
    since    timestamptz NOT NULL,
    PRIMARY KEY (bucket, listener)
) WITH (fillfactor = 50);

-- One row an event and listener, without gaps: whoever has read up to a place has read all before it.
CREATE TABLE feed (
    bucket   smallint NOT NULL CHECK (bucket = baohao_bucket(listener)),
    listener text COLLATE "C" NOT NULL,
    seq      bigint NOT NULL CHECK (seq > 0),
    -- The effect's id.
    id       uuid NOT NULL,
    at       timestamptz NOT NULL,
    type     text COLLATE "C" NOT NULL,
    data     json NOT NULL,
    PRIMARY KEY (bucket, listener, seq)
);
-- An event is told once.
CREATE UNIQUE INDEX feed_once ON feed (bucket, listener, id);

-- Where a listener's events are sent.
CREATE TABLE endpoints (
    bucket       smallint NOT NULL CHECK (bucket = baohao_bucket(listener)),
    listener     text COLLATE "C" NOT NULL,
    endpoint     uuid NOT NULL,
    url          text NOT NULL,
    -- Which events; empty: all.
    types        text[] COLLATE "C" NOT NULL,
    -- Paused by a person; dead: paused by us, for it did not answer.
    state        text COLLATE "C" NOT NULL CHECK (state IN ('live', 'paused', 'dead')),
    -- Sealed; each with its end, for one that was rotated out still signs for a while.
    secrets      jsonb NOT NULL CHECK (jsonb_array_length(secrets) BETWEEN 1 AND 2),
    -- A worker has it until then; whose it is, `claims` says.
    lease        timestamptz,
    claims       int NOT NULL DEFAULT 0,
    -- What it last answered: "200", or why there was no answer.
    last_outcome text NOT NULL DEFAULT '',
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (bucket, listener, endpoint)
);

-- How far an endpoint has come: one row for what happens, whose id is the endpoint's, and one for each replay.
CREATE TABLE cursors (
    bucket          smallint NOT NULL CHECK (bucket = baohao_bucket(listener)),
    listener        text COLLATE "C" NOT NULL,
    endpoint        uuid NOT NULL,
    cursor          uuid NOT NULL,
    -- The event that is sent next, and the last of a replay.
    next_seq        bigint NOT NULL CHECK (next_seq > 0),
    until_seq       bigint CHECK (until_seq >= next_seq),
    -- How often the next one has failed, since when, and when it is tried again.
    tries           int NOT NULL DEFAULT 0,
    first_failed_at timestamptz,
    next_try_at     timestamptz NOT NULL,
    PRIMARY KEY (bucket, listener, endpoint, cursor),
    FOREIGN KEY (bucket, listener, endpoint) REFERENCES endpoints ON DELETE CASCADE,
    CONSTRAINT cursors_replays_end CHECK ((until_seq IS NULL) = (cursor = endpoint))
) WITH (fillfactor = 50);

-- What is to be told, apart from the messages and commands that wait beside it.
CREATE INDEX effects_events ON effects (due_at, bucket, id) WHERE kind = 'event';
