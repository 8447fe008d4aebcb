-- Operators whose own charging system is master.

-- What became there of what was sold here; written with the decision, moved by whoever carries it there.
CREATE TABLE charges (
    bucket   smallint NOT NULL CHECK (bucket = baohao_bucket(number)),
    number   text COLLATE "C" NOT NULL,
    -- The ask that sold it: the reference by which their system knows it.
    id       uuid NOT NULL,
    operator text COLLATE "C" NOT NULL,
    -- unknown: sent, and not answered. stuck: not done there, and not taken back here: a person looks.
    state    text COLLATE "C" NOT NULL CHECK (state IN ('pending', 'unknown', 'done', 'refused', 'stuck')),
    since    timestamptz NOT NULL,
    -- How often it was tried, and when last.
    tries    int NOT NULL DEFAULT 0 CHECK (tries >= 0),
    last_at  timestamptz,
    -- Their id of it, and when they say that it was done.
    their_id text NOT NULL DEFAULT '',
    their_at timestamptz,
    -- Why it is not simply done; their code or ours.
    code     text NOT NULL DEFAULT '',
    PRIMARY KEY (bucket, number, id)
);

-- Claimed by kind, the charges of one number one after the other.
CREATE INDEX effects_charges_due ON effects (due_at, bucket, id) WHERE kind = 'charge';
CREATE INDEX effects_charges_of ON effects (bucket, subject) WHERE kind = 'charge';
