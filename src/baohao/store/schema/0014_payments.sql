-- Payments through gateways: what was ordered, captured, refunded; and what waits for a person.

-- One row a quote that is paid through a gateway: its id is the quote's, its order number follows from it.
CREATE TABLE payments (
    bucket            smallint NOT NULL CHECK (bucket = baohao_bucket(id::text)),
    id                uuid NOT NULL,
    gateway           text COLLATE "C" NOT NULL,
    state             text COLLATE "C" NOT NULL CHECK (state IN (
        'created', 'unknown', 'payable', 'failed', 'closed', 'captured', 'used', 'refunding', 'refunded',
        'chargeback')),
    amount_minor      bigint NOT NULL CHECK (amount_minor > 0),
    currency          text COLLATE "C" NOT NULL,
    -- Whose number it is for, and what is bought; none: money came for an order that is not known here.
    number            text COLLATE "C",
    wanted            jsonb,
    -- The id of the ask that buys it.
    act               uuid NOT NULL,
    -- How the order was put to the gateway, so that it is put alike again.
    asked             jsonb NOT NULL,
    -- From then on nobody can pay it.
    ends_at           timestamptz NOT NULL,
    -- What the payer was given: a code, a page.
    given             jsonb NOT NULL DEFAULT '{}',
    their_id          text COLLATE "C",
    captured_minor    bigint NOT NULL DEFAULT 0 CHECK (captured_minor >= 0),
    captured_currency text COLLATE "C",
    captured_at       timestamptz,
    means             text NOT NULL DEFAULT '',
    spent_minor       bigint NOT NULL DEFAULT 0 CHECK (spent_minor BETWEEN 0 AND captured_minor),
    refunded_minor    bigint NOT NULL DEFAULT 0,
    returned_minor    bigint NOT NULL DEFAULT 0,
    -- Why it stands as it does; their code or ours.
    code              text NOT NULL DEFAULT '',
    created_at        timestamptz NOT NULL,
    -- How often it was taken up, and when it is again; null: nothing is to be done by itself.
    tries             int NOT NULL DEFAULT 0,
    next_at           timestamptz,
    PRIMARY KEY (bucket, id),
    CONSTRAINT payments_never_refunded_above_captured CHECK (refunded_minor BETWEEN 0 AND captured_minor),
    CONSTRAINT payments_returned CHECK (returned_minor BETWEEN 0 AND refunded_minor),
    CONSTRAINT payments_captured CHECK ((their_id IS NULL) = (captured_minor = 0))
);
CREATE INDEX payments_due ON payments (next_at, bucket, id) WHERE next_at IS NOT NULL;

-- What gateways told us, once each: they tell it again until they are answered, and afterwards.
CREATE TABLE payment_notices (
    bucket      smallint NOT NULL CHECK (bucket = baohao_bucket(payment)),
    gateway     text COLLATE "C" NOT NULL,
    -- What is told, as in "paid:THEIR_ID"; they number the telling, not what is told.
    event       text COLLATE "C" NOT NULL,
    payment     text COLLATE "C" NOT NULL,
    said        jsonb NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (bucket, gateway, event)
);

-- Money that goes back by the way it came, set apart in the books before. The number that the gateway knows it
-- by follows from its payment and its id.
CREATE TABLE refunds (
    bucket       smallint NOT NULL CHECK (bucket = baohao_bucket(payment::text)),
    id           uuid NOT NULL,
    payment      uuid NOT NULL,
    -- owed: to be sent. pending: they have it. done. declined: a person finds another way.
    state        text COLLATE "C" NOT NULL CHECK (state IN ('owed', 'pending', 'done', 'declined')),
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    reason       text NOT NULL,
    by           text COLLATE "C" NOT NULL,
    approved_by  text COLLATE "C" NOT NULL DEFAULT '',
    code         text NOT NULL DEFAULT '',
    created_at   timestamptz NOT NULL,
    tries        int NOT NULL DEFAULT 0,
    next_at      timestamptz,
    PRIMARY KEY (bucket, id),
    FOREIGN KEY (bucket, payment) REFERENCES payments
);
CREATE INDEX refunds_due ON refunds (next_at, bucket, id) WHERE next_at IS NOT NULL;
CREATE INDEX refunds_of ON refunds (bucket, payment);

-- What waits for a person, with a clock on it. In the bucket of its subject: a payment, an order number.
CREATE TABLE exceptions (
    bucket    smallint NOT NULL CHECK (bucket = baohao_bucket(subject)),
    id        uuid NOT NULL,
    kind      text COLLATE "C" NOT NULL,
    subject   text COLLATE "C" NOT NULL,
    said      jsonb NOT NULL,
    opened_at timestamptz NOT NULL,
    due_at    timestamptz NOT NULL,
    -- Who has taken it; empty: nobody yet.
    owner     text COLLATE "C" NOT NULL DEFAULT '',
    -- What was done, by whom and why, once it is closed.
    action    text NOT NULL DEFAULT '',
    closed_by text COLLATE "C" NOT NULL DEFAULT '',
    why       text NOT NULL DEFAULT '',
    closed_at timestamptz,
    PRIMARY KEY (bucket, id),
    CONSTRAINT exceptions_closed CHECK ((closed_at IS NULL) = (why = ''))
);
-- Of one subject and kind one is open.
CREATE UNIQUE INDEX exceptions_open ON exceptions (bucket, subject, kind) WHERE closed_at IS NULL;
CREATE INDEX exceptions_due ON exceptions (due_at, bucket, id) WHERE closed_at IS NULL;

-- Refunds that reversals owe.
CREATE INDEX effects_refunds ON effects (due_at, bucket, id) WHERE kind = 'refund';
