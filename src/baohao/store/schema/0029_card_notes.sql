-- What keepers say of the cards that they watch over: a name, whose it is, what hangs on the number.

-- Sealed under the keeper's own key (`preferences`): an erasure, which takes that, leaves nothing to read.
CREATE TABLE card_notes (
    bucket     smallint NOT NULL CHECK (bucket = baohao_bucket(keeper)),
    keeper     text COLLATE "C" NOT NULL CHECK (keeper <> ''),
    -- The key of the kept line.
    card       text COLLATE "C" NOT NULL,
    -- Counted, so that two who write at once learn of each other.
    version    int NOT NULL CHECK (version > 0),
    sealed     text COLLATE "C" NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (bucket, keeper, card)
);
