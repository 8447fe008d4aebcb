-- What has been asked, and what is owed.

-- The first lock: decisions with their answers, for ever; refusals are not kept.
CREATE TABLE keys (
    bucket      smallint NOT NULL CHECK (bucket = baohao_bucket(subject)),
    principal   text COLLATE "C" NOT NULL,
    key         text COLLATE "C" NOT NULL CHECK (key <> ''),
    body        bytea NOT NULL,
    answer      text NOT NULL CONSTRAINT keys_short_answer CHECK (octet_length(answer) <= 200),
    -- The place of the decision's last event; `seq` is the subject's version then.
    subject     text COLLATE "C" NOT NULL,
    seq         int NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (bucket, principal, key)
);

-- Work outside the database; deleted when done. In the bucket of its subject.
CREATE TABLE effects (
    bucket  smallint NOT NULL CHECK (bucket = baohao_bucket(subject)),
    id      uuid NOT NULL,
    subject text COLLATE "C" NOT NULL,
    -- The tenure that it is owed to; 0: none.
    epoch   int NOT NULL,
    kind    text COLLATE "C" NOT NULL,
    due_at  timestamptz NOT NULL,
    tries   int NOT NULL DEFAULT 0,
    -- Claimed until then; null: free.
    lease   timestamptz,
    data    json NOT NULL,
    PRIMARY KEY (bucket, id)
);
CREATE INDEX effects_due ON effects (due_at, bucket, id);

-- Asks that could not be decided by a defect, each with the reason; for a person to look at.
CREATE TABLE parked (
    bucket    smallint NOT NULL CHECK (bucket = baohao_bucket(subject)),
    id        uuid NOT NULL,
    subject   text COLLATE "C" NOT NULL,
    parked_at timestamptz NOT NULL,
    ask       jsonb NOT NULL,
    reason    text NOT NULL,
    PRIMARY KEY (bucket, id)
);
