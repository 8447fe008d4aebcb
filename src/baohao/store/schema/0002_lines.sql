-- Lines and what belongs to their number. The bucket of every table here is the number's.
--
-- Text that is a key is COLLATE "C": compared by bytes, whatever the server's own collation.

-- One row a line. No index but the key, so that a renewal stays HOT; what is searched lies elsewhere.
CREATE TABLE lines (
    bucket      smallint NOT NULL CHECK (bucket = baohao_bucket(number)),
    number      text COLLATE "C" NOT NULL,
    operator    text COLLATE "C" NOT NULL,
    plan        text COLLATE "C" NOT NULL,
    pin         text COLLATE "C" NOT NULL,
    custody     text COLLATE "C" NOT NULL CHECK (custody IN ('issued', 'external')),
    -- The tenure's number and holder; 0 and empty while there is none.
    epoch       int NOT NULL CHECK (epoch >= 0),
    holder      text COLLATE "C" NOT NULL,
    iccid       text COLLATE "C" NOT NULL,
    -- How many events made it, the hash of the last one, and when that was recorded.
    version     int NOT NULL CHECK (version > 0),
    head        bytea NOT NULL,
    recorded_at timestamptz NOT NULL,
    -- When the number is lost if nothing happens; null: no end in sight. Of several readings the earliest.
    safe_until  timestamptz,
    -- What stands in `due`, so that the door need not read it.
    due_at      timestamptz,
    -- As text (json, not jsonb): written and read whole, a quarter of the time and two thirds of the size.
    state       json NOT NULL,
    PRIMARY KEY (bucket, number)
) WITH (fillfactor = 80);

CREATE TABLE tenures (
    bucket   smallint NOT NULL CHECK (bucket = baohao_bucket(number)),
    number   text COLLATE "C" NOT NULL,
    epoch    int NOT NULL CHECK (epoch > 0),
    -- A random id; names and documents live elsewhere. Empty until somebody is registered.
    holder   text COLLATE "C" NOT NULL,
    since    timestamptz NOT NULL,
    until    timestamptz CHECK (until >= since),
    PRIMARY KEY (bucket, number, epoch)
);
-- One holder at a time.
CREATE UNIQUE INDEX tenures_open ON tenures (bucket, number) WHERE until IS NULL;
CREATE INDEX tenures_holder ON tenures (holder, bucket, number) WHERE until IS NULL;

-- A reminder to look, never truth: moved eagerly only when the new instant is earlier.
CREATE TABLE due (
    bucket smallint NOT NULL CHECK (bucket = baohao_bucket(number)),
    number text COLLATE "C" NOT NULL,
    at     timestamptz NOT NULL,
    PRIMARY KEY (bucket, number)
);
CREATE INDEX due_at ON due (at, bucket, number);

-- Which stages, by place on a line's way: a reference table, for `boundaries`.
CREATE TABLE ladders (
    -- The first 63 bits of sha256 over pin and stages, so that every process makes the same.
    ladder bigint PRIMARY KEY,
    pin    text COLLATE "C" NOT NULL,
    stages jsonb NOT NULL,
    kinds  jsonb NOT NULL
);

-- When a line enters which stage if nothing happens: narrow and HOT, scanned whole for what-if by date.
CREATE TABLE boundaries (
    bucket smallint NOT NULL CHECK (bucket = baohao_bucket(number)),
    number text COLLATE "C" NOT NULL,
    ladder bigint NOT NULL,
    -- Of each stage of the ladder; the first is the one that the line is in.
    starts timestamptz[] NOT NULL CHECK (cardinality(starts) > 0),
    PRIMARY KEY (bucket, number)
) WITH (fillfactor = 80);

-- Stretches of time that acts gave; the key is the place in the journal.
CREATE TABLE benefits (
    bucket    smallint NOT NULL CHECK (bucket = baohao_bucket(number)),
    number    text COLLATE "C" NOT NULL,
    epoch     int NOT NULL,
    seq       int NOT NULL,
    n         smallint NOT NULL,
    act       text COLLATE "C" NOT NULL,
    clock     text COLLATE "C" NOT NULL,
    kind      text COLLATE "C" NOT NULL CHECK (kind IN ('paid', 'bonus')),
    starts_at timestamptz NOT NULL,
    ends_at   timestamptz NOT NULL CHECK (ends_at >= starts_at),
    is_live   boolean NOT NULL DEFAULT true,
    PRIMARY KEY (bucket, number, epoch, seq, n)
);
-- The third lock: the same time is not given twice.
CREATE UNIQUE INDEX benefits_live ON benefits (bucket, number, epoch, clock, starts_at, kind)
    WHERE is_live;

-- Promises. The uses of promotions that one keeps are given back when it ends; it is forgotten a day later.
CREATE TABLE quotes (
    bucket  smallint NOT NULL CHECK (bucket = baohao_bucket(number)),
    id      uuid NOT NULL,
    number  text COLLATE "C" NOT NULL,
    version int NOT NULL,
    made_at timestamptz NOT NULL,
    until   timestamptz NOT NULL CHECK (until > made_at),
    terms   jsonb NOT NULL,
    uses    jsonb NOT NULL,
    -- Whether `uses` are still kept.
    keeps   boolean NOT NULL,
    PRIMARY KEY (bucket, id)
);
CREATE INDEX quotes_until ON quotes (until, bucket, id);
CREATE INDEX quotes_keeping ON quotes (until, bucket, id) WHERE keeps;
