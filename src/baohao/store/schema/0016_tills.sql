-- Tills: shifts, counts, and days that are closed.

-- One row for each shift that a till has had, as the till's events make it; of a till that was never
-- opened there is none, and it is worked without shifts.
CREATE TABLE shifts (
    bucket                   smallint NOT NULL CHECK (bucket = baohao_bucket(account)),
    account                  text COLLATE "C" NOT NULL CHECK (account LIKE 'till:%'),
    n                        int NOT NULL CHECK (n > 0),
    clerk                    text COLLATE "C" NOT NULL CHECK (clerk <> ''),
    opened_at                timestamptz NOT NULL,
    float_minor              bigint NOT NULL CHECK (float_minor >= 0),
    opening_difference_minor bigint NOT NULL,
    brought_minor            bigint NOT NULL CHECK (brought_minor >= 0),
    dropped_minor            bigint NOT NULL CHECK (dropped_minor >= 0),
    counted_at               timestamptz,
    counted_by               text COLLATE "C" NOT NULL,
    -- Face value in minor units -> how many.
    pieces                   json,
    counted_minor            bigint CHECK (counted_minor >= 0),
    expected_minor           bigint CHECK (expected_minor >= 0),
    closed_at                timestamptz,
    left_minor               bigint CHECK (left_minor >= 0),
    approved_by              text COLLATE "C" NOT NULL,
    PRIMARY KEY (bucket, account, n),
    CONSTRAINT shifts_counted
        CHECK (num_nulls(counted_at, pieces, counted_minor, expected_minor) IN (0, 4)),
    CONSTRAINT shifts_closed CHECK (num_nulls(closed_at, left_minor) IN (0, 2)
                                    AND (closed_at IS NULL OR counted_at IS NOT NULL)),
    CONSTRAINT shifts_two_people
        CHECK (closed_at IS NULL OR counted_minor = expected_minor
               OR (approved_by <> '' AND approved_by <> clerk))
);
CREATE UNIQUE INDEX shifts_open ON shifts (bucket, account) WHERE closed_at IS NULL;

-- Issuing points: where people pay, with the tills that stand there.
CREATE TABLE points (
    bucket   smallint NOT NULL CHECK (bucket = baohao_bucket(point)),
    point    text COLLATE "C" NOT NULL CHECK (point <> ''),
    operator text COLLATE "C" NOT NULL,
    name     text NOT NULL,
    -- Where its days begin.
    zone     text COLLATE "C" NOT NULL,
    -- Accounts of tills, "till:KEY:CURRENCY".
    tills    text[] COLLATE "C" NOT NULL CHECK (cardinality(tills) > 0),
    PRIMARY KEY (bucket, point)
);

-- The day's entries of tills: what its detail is found by, whoever's bucket it is in.
CREATE INDEX entries_of_tills ON entries (payer, recorded_at) WHERE payer LIKE 'till:%';

-- What tills had to do with in some time: postings to them, and what was sold for their cash.
CREATE FUNCTION baohao_till_entries(tills text[], since timestamptz, until timestamptz) RETURNS SETOF entries
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT e.* FROM entries e
    WHERE e.bucket IN (SELECT baohao_bucket(till) FROM unnest(tills) AS till) AND e.accounts && tills
      AND e.recorded_at >= since AND e.recorded_at < until
    UNION
    SELECT e.* FROM entries e
    WHERE e.payer = ANY (tills) AND e.payer LIKE 'till:%'
      AND e.recorded_at >= since AND e.recorded_at < until
$$;

-- The digest of a day: all that is in its row, the digest of the day before, and every entry of its tills.
CREATE FUNCTION baohao_day_digest(point text, day date, tills text[], since timestamptz, until timestamptz,
                                  totals text, prev bytea) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT sha256(convert_to(concat_ws(E'\n', point, day - DATE '1970-01-01', array_to_string(tills, ','),
                                       extract(epoch FROM since), extract(epoch FROM until), totals,
                                       encode(prev, 'hex'), string_agg(line, E'\n' ORDER BY line)), 'UTF8'))
    FROM (SELECT concat_ws(' ', bucket, id, extract(epoch FROM recorded_at), subject, seq, kind, currency,
                           coalesce(transfer::text, '-'), coalesce(payer, '-'), array_to_string(accounts, ','),
                           array_to_string(amounts, ','), reason)
          FROM baohao_till_entries(tills, since, until)) AS entry (line)
$$;

-- Days of issuing points that are closed: what was taken, for ever.
CREATE TABLE days (
    bucket    smallint NOT NULL CHECK (bucket = baohao_bucket(point)),
    point     text COLLATE "C" NOT NULL,
    day       date NOT NULL,
    -- Half-open; of the tills that stood there then.
    since     timestamptz NOT NULL,
    until     timestamptz NOT NULL,
    tills     text[] COLLATE "C" NOT NULL,
    totals    json NOT NULL,
    closed_at timestamptz NOT NULL CHECK (closed_at >= until),
    closed_by text COLLATE "C" NOT NULL CHECK (closed_by <> ''),
    -- Of the day that was closed before; empty for the first.
    prev      bytea NOT NULL,
    digest    bytea NOT NULL,
    PRIMARY KEY (bucket, point, day)
);
