-- Money that payers' banks took back, and how often cards are tried.

-- One row a case. In the bucket of the payment as its gateway names it: of ours they often say nothing.
CREATE TABLE chargebacks (
    bucket       smallint NOT NULL CHECK (bucket = baohao_bucket(place)),
    -- The gateway and its id of the payment, as in "stripe:pi_1".
    place        text COLLATE "C" NOT NULL,
    -- The gateway's own id of it.
    reference    text COLLATE "C" NOT NULL,
    gateway      text COLLATE "C" NOT NULL,
    their_id     text COLLATE "C" NOT NULL,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    currency     text COLLATE "C" NOT NULL,
    at           timestamptz NOT NULL,
    outcome      text COLLATE "C" NOT NULL CHECK (outcome IN ('open', 'lost', 'won')),
    -- The payment of ours, once it is known.
    payment      uuid,
    -- How far it is in the books.
    booked       text COLLATE "C" NOT NULL DEFAULT '' CHECK (booked IN ('', 'taken', 'won')),
    created_at   timestamptz NOT NULL,
    tries        int NOT NULL DEFAULT 0,
    next_at      timestamptz,
    PRIMARY KEY (bucket, place, reference),
    CONSTRAINT chargebacks_booked CHECK (booked = '' OR payment IS NOT NULL)
);
CREATE INDEX chargebacks_due ON chargebacks (next_at, bucket, place) WHERE next_at IS NOT NULL;
-- A payment by its gateway's own id of it.
CREATE INDEX payments_theirs ON payments (their_id, gateway) WHERE their_id IS NOT NULL;

-- Tries to pay by card, counted by whom or what they are of, as in "payer:h1". The row without an event is locked
-- while they are counted.
CREATE TABLE card_tries (
    bucket  smallint NOT NULL CHECK (bucket = baohao_bucket(subject)),
    subject text COLLATE "C" NOT NULL,
    event   text COLLATE "C" NOT NULL,
    kind    text COLLATE "C" NOT NULL CHECK (kind IN ('', 'begun', 'paid', 'declined', 'charged_back')),
    -- The gateway's name of the card; empty: it is not known.
    card    text COLLATE "C" NOT NULL DEFAULT '',
    at      timestamptz NOT NULL,
    PRIMARY KEY (bucket, subject, event)
);
CREATE INDEX card_tries_old ON card_tries (at, bucket, subject);
