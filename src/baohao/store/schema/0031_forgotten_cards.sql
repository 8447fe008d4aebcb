-- Cards that their keepers had erased: their lines stay whole, and nobody is shown them any more.

CREATE TABLE forgotten_cards (
    bucket smallint NOT NULL CHECK (bucket = baohao_bucket(keeper)),
    keeper text COLLATE "C" NOT NULL CHECK (keeper <> ''),
    -- The key of the kept line, and how many lives it had: a card that is kept anew is shown.
    card   text COLLATE "C" NOT NULL,
    epochs int NOT NULL CHECK (epochs > 0),
    PRIMARY KEY (bucket, keeper, card)
);
