-- The journal and the books. By month of `recorded_at`; store/partitions.py makes the months before they
-- are needed, and no uniqueness rests on these tables alone.

-- One row an event; (bucket, subject, seq) is its place. `hash` covers the row, its entries and `prev`.
CREATE TABLE journal (
    bucket       smallint NOT NULL CHECK (bucket = baohao_bucket(subject)),
    subject      text COLLATE "C" NOT NULL,
    seq          int NOT NULL CHECK (seq > 0),
    recorded_at  timestamptz NOT NULL,
    effective_at timestamptz NOT NULL,
    kind         text COLLATE "C" NOT NULL,
    -- Who asked, where; empty for what fell due by itself.
    ask          uuid,
    principal    text COLLATE "C" NOT NULL,
    channel      text COLLATE "C" NOT NULL,
    payload      json NOT NULL,
    prev         bytea NOT NULL,
    hash         bytea NOT NULL,
    PRIMARY KEY (bucket, subject, seq, recorded_at)
) PARTITION BY RANGE (recorded_at);

-- Balanced movements inside one bucket: a debit is positive, a credit negative.
CREATE TABLE entries (
    bucket      smallint NOT NULL CHECK (bucket = baohao_bucket(subject)),
    id          uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    -- The event that made it; 0: none, such as the payer's side of a batch, or the release of a month.
    subject     text COLLATE "C" NOT NULL,
    seq         int NOT NULL CHECK (seq >= 0),
    kind        text COLLATE "C" NOT NULL,
    currency    text COLLATE "C" NOT NULL,
    transfer    uuid,
    payer       text COLLATE "C",
    reason      text NOT NULL,
    accounts    text[] COLLATE "C" NOT NULL,
    amounts     bigint[] NOT NULL,
    PRIMARY KEY (bucket, id, recorded_at),
    CONSTRAINT entries_whole
        CHECK (cardinality(accounts) > 1 AND cardinality(accounts) = cardinality(amounts)),
    CONSTRAINT entries_balanced CHECK (baohao_balanced(amounts)),
    CONSTRAINT entries_paid_from CHECK (transfer IS NOT NULL OR payer IS NULL)
) PARTITION BY RANGE (recorded_at);

-- Guarded accounts only: their running balance as the owner reads it. Every other balance is a sum.
-- `account` is "kind:owner:currency"; version, head and recorded_at are its own chain of events.
CREATE TABLE accounts (
    bucket        smallint NOT NULL CHECK (bucket = baohao_bucket(account)),
    account       text COLLATE "C" NOT NULL,
    balance_minor bigint NOT NULL CONSTRAINT accounts_never_below_zero CHECK (balance_minor >= 0),
    version       int NOT NULL CHECK (version >= 0),
    head          bytea NOT NULL,
    recorded_at   timestamptz NOT NULL,
    PRIMARY KEY (bucket, account)
) WITH (fillfactor = 50);

-- How deferred revenue changes: by month, as the decision at that place said. Summed up and folded into
-- one row a plan and bucket when a month is closed.
CREATE TABLE deferrals (
    bucket   smallint NOT NULL CHECK (bucket = baohao_bucket(subject)),
    subject  text COLLATE "C" NOT NULL,
    seq      int NOT NULL,
    plan     text COLLATE "C" NOT NULL,
    currency text COLLATE "C" NOT NULL,
    months   date[] NOT NULL,
    amounts  bigint[] NOT NULL,
    PRIMARY KEY (bucket, subject, seq, plan, currency),
    CONSTRAINT deferrals_whole
        CHECK (cardinality(months) > 0 AND cardinality(months) = cardinality(amounts))
);

-- The root of a Merkle tree over the heads of a bucket's chains at the end of a day (UTC).
CREATE TABLE seals (
    bucket   smallint NOT NULL CHECK (bucket BETWEEN 0 AND 4095),
    day      date NOT NULL,
    subjects int NOT NULL CHECK (subjects >= 0),
    root     bytea NOT NULL,
    PRIMARY KEY (bucket, day)
);
