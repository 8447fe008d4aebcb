-- Bank transfers: statements of our bank accounts, each of their rows once for ever, and what is to be paid out.

-- One row a statement that was taken in; the id is a digest of what it says.
CREATE TABLE bank_statements (
    bucket        smallint NOT NULL CHECK (bucket = baohao_bucket(account)),
    -- Our key of the bank account.
    account       text COLLATE "C" NOT NULL,
    id            uuid NOT NULL,
    their_id      text NOT NULL,
    from_on       date NOT NULL,
    to_on         date NOT NULL CHECK (to_on >= from_on),
    -- None where the bank does not say.
    opening_minor bigint,
    closing_minor bigint,
    row_count     int NOT NULL,
    file          text NOT NULL,
    by            text COLLATE "C" NOT NULL,
    imported_at   timestamptz NOT NULL,
    PRIMARY KEY (bucket, account, id),
    CONSTRAINT bank_statements_balances CHECK ((opening_minor IS NULL) = (closing_minor IS NULL))
);

-- Each row of a statement, once for ever. Its id follows from the bank's own, or from what it says and how many
-- alike there are.
CREATE TABLE bank_rows (
    bucket       smallint NOT NULL CHECK (bucket = baohao_bucket(id::text)),
    id           uuid NOT NULL,
    account      text COLLATE "C" NOT NULL,
    -- The bank's own id of it; empty: it gives none.
    ref          text COLLATE "C" NOT NULL,
    -- A digest of all that it says: a row that says something else under the same id is told.
    content      text COLLATE "C" NOT NULL,
    statement    uuid NOT NULL,
    line         int NOT NULL,
    booked_on    date NOT NULL,
    -- The beginning of that day where the bank is.
    booked_at    timestamptz NOT NULL,
    -- What came is positive, what went is negative.
    amount_minor bigint NOT NULL CHECK (amount_minor <> 0),
    currency     text COLLATE "C" NOT NULL,
    -- The payer's words, name and account, under the key of the house.
    sealed       text NOT NULL,
    -- The references that stand in it, and those that may be meant.
    exact        text[] NOT NULL,
    near         text[] NOT NULL,
    -- new: to be looked at. held: in suspense, before a person. matched: a payment's. returning: on the list of
    -- what is paid out. returned: it went back. paid_out: what was on that list went. other: none of ours went.
    state        text COLLATE "C" NOT NULL CHECK (state IN (
        'new', 'held', 'matched', 'returning', 'returned', 'paid_out', 'other')),
    payment      uuid,
    -- Who matched it, or gave it back, by hand.
    by           text COLLATE "C" NOT NULL DEFAULT '',
    approved_by  text COLLATE "C" NOT NULL DEFAULT '',
    imported_at  timestamptz NOT NULL,
    PRIMARY KEY (bucket, id),
    CONSTRAINT bank_rows_matched CHECK ((payment IS NOT NULL) = (state = 'matched')),
    CONSTRAINT bank_rows_sides CHECK (state = 'new' OR (amount_minor > 0) = (state NOT IN ('paid_out', 'other')))
);
CREATE INDEX bank_rows_by_ref ON bank_rows (account, ref) WHERE ref <> '';
CREATE INDEX bank_rows_new ON bank_rows (bucket, id) WHERE state = 'new';
CREATE INDEX bank_rows_by_day ON bank_rows (booked_on, account, bucket, id);

-- What a person is to pay from one of our accounts: a refund, whose id it has, or a row that goes back.
CREATE TABLE bank_payouts (
    bucket       smallint NOT NULL CHECK (bucket = baohao_bucket(id::text)),
    id           uuid NOT NULL,
    -- The payment that the refund is of; none: a row goes back.
    payment      uuid,
    -- The row by which the money came: the payer's account stands in it.
    came_by      uuid NOT NULL,
    account      text COLLATE "C" NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    currency     text COLLATE "C" NOT NULL,
    -- What is to stand in the transfer, so that it is known on a statement.
    reference    text COLLATE "C" NOT NULL,
    reason       text NOT NULL,
    listed_at    timestamptz NOT NULL,
    -- When it was known to have gone, and by which row; without one, who said so.
    gone_at      timestamptz,
    gone_by      uuid,
    by           text COLLATE "C" NOT NULL DEFAULT '',
    -- Whether the books have it.
    is_booked    boolean NOT NULL DEFAULT false,
    PRIMARY KEY (bucket, id),
    CONSTRAINT bank_payouts_gone CHECK ((gone_at IS NULL) = (gone_by IS NULL AND by = ''))
);
CREATE INDEX bank_payouts_open ON bank_payouts (listed_at, bucket, id) WHERE gone_at IS NULL;
CREATE INDEX bank_payouts_by_reference ON bank_payouts (reference);
CREATE INDEX bank_payouts_unbooked ON bank_payouts (bucket, id) WHERE payment IS NULL AND NOT is_booked;

-- A payer writes the reference that they were given.
CREATE INDEX payments_by_reference ON payments ((given ->> 'reference')) WHERE gateway = 'bank';
