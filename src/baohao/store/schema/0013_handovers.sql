-- Links by which an operator's app hands a holder over.

-- One row a link. The link itself is kept nowhere: `digest` is the SHA-256 of its secret. Forgotten a day after
-- its end.
CREATE TABLE handovers (
    bucket   smallint NOT NULL CHECK (bucket = baohao_bucket(number)),
    digest   bytea NOT NULL CHECK (octet_length(digest) = 32),
    number   text COLLATE "C" NOT NULL,
    -- The tenure that it opens; it dies with it.
    epoch    int NOT NULL CHECK (epoch > 0),
    operator text COLLATE "C" NOT NULL,
    until    timestamptz NOT NULL,
    used_at  timestamptz CHECK (used_at < until),
    PRIMARY KEY (bucket, digest)
);
CREATE INDEX handovers_until ON handovers (bucket, until);
