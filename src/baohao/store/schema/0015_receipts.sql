-- Receipts: numbered without gaps for each issuing point and year.

-- The last number of a series. Under the lock of its row numbers are given: a sequence would lose those of
-- transactions that were rolled back.
CREATE TABLE receipt_series (
    bucket smallint NOT NULL CHECK (bucket = baohao_bucket(point)),
    point  text COLLATE "C" NOT NULL CHECK (point ~ '^[a-z0-9][a-z0-9.-]{0,31}$'),
    year   int NOT NULL CHECK (year BETWEEN 2000 AND 9999),
    last   int NOT NULL CHECK (last > 0),
    PRIMARY KEY (bucket, point, year)
) WITH (fillfactor = 50);

-- Which issuing point has given an ask its receipt: one, for ever.
CREATE TABLE receipt_places (
    bucket smallint NOT NULL CHECK (bucket = baohao_bucket(ask)),
    ask    text COLLATE "C" NOT NULL,
    point  text COLLATE "C" NOT NULL,
    PRIMARY KEY (bucket, ask)
);

-- What was said. `facts` and `token` never change, so that a copy says in ten years what the first print said.
CREATE TABLE receipts (
    bucket    smallint NOT NULL CHECK (bucket = baohao_bucket(point)),
    point     text COLLATE "C" NOT NULL,
    year      int NOT NULL,
    number    int NOT NULL CHECK (number > 0),
    ask       text COLLATE "C" NOT NULL,
    -- The tenure that it belongs to, and its holder's random id.
    line      text COLLATE "C" NOT NULL,
    epoch     int NOT NULL CHECK (epoch >= 0),
    holder    text COLLATE "C" NOT NULL,
    issued_at timestamptz NOT NULL,
    -- The civil day of `issued_at` in the operator's zone.
    day       date NOT NULL,
    facts     json NOT NULL,
    token     text COLLATE "C" NOT NULL,
    -- SHA-256 of the first print, the original, and its language; null while there is none.
    digest    bytea CHECK (octet_length(digest) = 32),
    language  text COLLATE "C" CHECK ((language IS NULL) = (digest IS NULL)),
    PRIMARY KEY (bucket, point, year, number),
    UNIQUE (bucket, ask)
);
CREATE INDEX receipts_holder ON receipts (holder, issued_at);
CREATE INDEX receipts_day ON receipts (day, bucket, point, year, number);
