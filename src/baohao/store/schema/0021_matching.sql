-- Matching: gateways' daily bills, held against the books, and against what was bought.

-- From which account of ours a refund went, the gateway's or, by hand, another; and when.
ALTER TABLE refunds ADD COLUMN bank text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE refunds ADD COLUMN done_at timestamptz;

-- What was captured, and what went back, by day.
CREATE INDEX payments_captured ON payments (gateway, captured_at, bucket, id) WHERE captured_at IS NOT NULL;
CREATE INDEX refunds_gone ON refunds (bank, done_at, bucket, id) WHERE done_at IS NOT NULL;
CREATE INDEX exceptions_of ON exceptions (bucket, subject, kind);

-- One row a gateway and one of its days: what its bill said and what we had, for ever.
CREATE TABLE bills (
    bucket     smallint NOT NULL CHECK (bucket = baohao_bucket(gateway)),
    gateway    text COLLATE "C" NOT NULL,
    day        date NOT NULL,
    -- How often it was read and was another than before; 0: it was never there.
    readings   int NOT NULL DEFAULT 0 CHECK (readings >= 0),
    -- Of its rows, in whatever order; empty: it was never there.
    digest     bytea NOT NULL DEFAULT '',
    read_at    timestamptz,
    -- By currency: how many payments and refunds, how much, and what the gateway keeps.
    theirs     json NOT NULL DEFAULT '{}',
    ours       json NOT NULL DEFAULT '{}',
    -- Fees that are in the books, by currency.
    fees       json NOT NULL DEFAULT '{}',
    -- Null: it has not been held against the books as it is.
    matched_at timestamptz,
    tries      int NOT NULL DEFAULT 0 CHECK (tries >= 0),
    -- Why it is not there.
    code       text NOT NULL DEFAULT '',
    -- When it is taken up again; null: nothing is to be done by itself.
    next_at    timestamptz,
    PRIMARY KEY (bucket, gateway, day),
    CONSTRAINT bills_read CHECK ((readings = 0) = (read_at IS NULL))
);

-- The rows of bills, as they were read last. In the bucket of the payment that a row names.
CREATE TABLE bill_rows (
    bucket       smallint NOT NULL CHECK (bucket = baohao_bucket(subject)),
    gateway      text COLLATE "C" NOT NULL,
    day          date NOT NULL,
    -- A payment's id, or an order number that is none of ours.
    subject      text COLLATE "C" NOT NULL,
    -- Its place in the bill.
    n            int NOT NULL CHECK (n > 0),
    payment      uuid,
    their_id     text COLLATE "C" NOT NULL,
    -- A refund's number; empty: a payment. And the refund of ours that it is of.
    refund       text COLLATE "C" NOT NULL,
    refund_id    uuid,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    fee_minor    bigint NOT NULL,
    currency     text COLLATE "C" NOT NULL,
    at           timestamptz NOT NULL,
    PRIMARY KEY (bucket, gateway, day, subject, n)
);
-- A bill is gone through in its own order, in which payments lie beside each other, too.
CREATE INDEX bill_rows_of ON bill_rows (gateway, day, n);
