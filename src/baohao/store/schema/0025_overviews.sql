-- What an operator's console shows first, counted beforehand: it opens at once however many lines there are.

-- One row an operator, in the bucket of its key; made anew by the worker and whenever somebody wants it.
CREATE TABLE overviews (
    bucket   smallint NOT NULL CHECK (bucket = baohao_bucket(operator)),
    operator text COLLATE "C" NOT NULL CHECK (operator <> ''),
    made_at  timestamptz NOT NULL,
    told     json NOT NULL,
    PRIMARY KEY (bucket, operator)
);
