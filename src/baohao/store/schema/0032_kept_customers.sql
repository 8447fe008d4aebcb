-- Customers of people who keep cards for others: names, how to reach them, what is taken.

-- Sealed under the keeper's own key (`preferences`), as what is said of their cards is.
CREATE TABLE kept_customers (
    bucket     smallint NOT NULL CHECK (bucket = baohao_bucket(keeper)),
    keeper     text COLLATE "C" NOT NULL CHECK (keeper <> ''),
    -- A random id; empty: what the keeper says of themself, as it stands on receipts.
    customer   text COLLATE "C" NOT NULL,
    -- Counted, so that two who write at once learn of each other.
    version    int NOT NULL CHECK (version > 0),
    sealed     text COLLATE "C" NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (bucket, keeper, customer)
);
