-- Standing orders that go on, so that a worker finds those that are due and a payer finds its own.

-- What the line's state says, in a row of its own: written with the line, gone with the tenure or the consent.
CREATE TABLE standing_orders (
    bucket   smallint NOT NULL CHECK (bucket = baohao_bucket(number)),
    number   text COLLATE "C" NOT NULL,
    epoch    int NOT NULL CHECK (epoch > 0),
    -- The ask that began it.
    id       uuid NOT NULL,
    -- Where it was consented to.
    channel  text COLLATE "C" NOT NULL,
    payer    text COLLATE "C" NOT NULL,
    -- The line's, so that whoever does a step twice asks with one key.
    version  int NOT NULL,
    -- What it does next, from when on and for which deadline; null: nothing as things stand.
    step     text COLLATE "C" CHECK (step <> ''),
    deadline timestamptz,
    step_at  timestamptz,
    -- When a worker is to look; null: nothing comes by itself.
    next_at  timestamptz,
    PRIMARY KEY (bucket, number),
    FOREIGN KEY (bucket, number, epoch) REFERENCES tenures,
    CONSTRAINT standing_orders_step CHECK (num_nulls(step, deadline, step_at) IN (0, 3)),
    CONSTRAINT standing_orders_next
        CHECK (next_at IS NULL OR (step <> 'hand_over' AND next_at = step_at))
);
CREATE INDEX standing_orders_due ON standing_orders (next_at, bucket, number) WHERE next_at IS NOT NULL;
CREATE INDEX standing_orders_id ON standing_orders (bucket, id);
CREATE INDEX standing_orders_payer ON standing_orders (payer, number);

-- What lets the payer be charged again, where they agreed to it; empty: nothing.
ALTER TABLE payments ADD COLUMN mandate text COLLATE "C" NOT NULL DEFAULT '';
