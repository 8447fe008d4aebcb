-- Receipts that are owed, what issuing points are called and where they are, and all means on a closed day.

-- With each decision that money moved for goes a row here: the line that an act is of, and the receipt that is
-- owed for it until `point` says where it was given. So nothing ever searches the journal for either.
ALTER TABLE receipt_places
    ALTER COLUMN point DROP NOT NULL,
    ADD COLUMN line text COLLATE "C",
    -- Where it was asked; empty: at no counter.
    ADD COLUMN wanted text COLLATE "C" NOT NULL DEFAULT '',
    -- When it is taken up, again if it was before; null: it has its number.
    ADD COLUMN due_at timestamptz,
    ADD COLUMN tries int NOT NULL DEFAULT 0;

UPDATE receipt_places p SET line = r.line
FROM receipts r WHERE r.bucket = baohao_bucket(p.point) AND r.ask = p.ask;

-- What was paid before this, and has none. Entries go with a decision's last event, which may be one that fell due
-- by itself.
INSERT INTO receipt_places (bucket, ask, line, due_at)
SELECT baohao_bucket(ask), ask, min(subject), min(recorded_at)
FROM (SELECT j.ask::text AS ask, e.subject, e.recorded_at
      FROM entries e
      CROSS JOIN LATERAL (SELECT j.ask FROM journal j
                          WHERE (j.bucket, j.subject, j.recorded_at) = (e.bucket, e.subject, e.recorded_at)
                            AND j.seq <= e.seq AND j.ask IS NOT NULL
                          ORDER BY j.seq DESC LIMIT 1) AS j
      WHERE e.seq > 0 AND e.kind IN ('sale', 'top_up', 'reversal') AND e.subject NOT LIKE '%:%') AS paid
GROUP BY ask
ON CONFLICT (bucket, ask) DO NOTHING;

ALTER TABLE receipt_places
    ALTER COLUMN line SET NOT NULL,
    ADD CONSTRAINT receipt_places_owed CHECK ((due_at IS NULL) = (point IS NOT NULL)),
    ADD CONSTRAINT receipt_places_wanted CHECK (wanted = '' OR wanted ~ '^[a-z0-9][a-z0-9.-]{0,31}$');
CREATE INDEX receipt_places_due ON receipt_places (due_at, bucket, ask) WHERE due_at IS NOT NULL;

-- When a series gave its last number: none is dated before it, whatever the clock says.
ALTER TABLE receipt_series ADD COLUMN issued_at timestamptz;
UPDATE receipt_series s SET issued_at =
    (SELECT max(r.issued_at) FROM receipts r WHERE (r.bucket, r.point, r.year) = (s.bucket, s.point, s.year));
ALTER TABLE receipt_series ALTER COLUMN issued_at SET NOT NULL;

-- A day's receipts of one series.
CREATE INDEX receipts_issued ON receipts (bucket, point, issued_at);

-- As people find it and as it stands on receipts: names and addresses by language, "" the usual one; opening hours
-- by day of the week; what a company must tell.
ALTER TABLE points ADD COLUMN told json NOT NULL DEFAULT '{}';

-- The series whose receipts count for a day: paid otherwise than in cash. None: it was closed by its tills alone.
ALTER TABLE days ADD COLUMN series text[] COLLATE "C" NOT NULL DEFAULT '{}';

-- What was paid at counters otherwise than into a till, which is counted by the till.
CREATE FUNCTION baohao_counter_receipts(series text[], since timestamptz, until timestamptz) RETURNS SETOF receipts
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT r.* FROM receipts r
    JOIN unnest(series) AS s (point) ON r.bucket = baohao_bucket(s.point) AND r.point = s.point
    WHERE r.issued_at >= since AND r.issued_at < until AND r.facts ->> 'paid_from' NOT LIKE 'till:%'
$$;

-- The digest of a day, as before; where series count, it is over their receipts as well.
DROP FUNCTION baohao_day_digest(text, date, text[], timestamptz, timestamptz, text, bytea);
CREATE FUNCTION baohao_day_digest(point text, day date, tills text[], series text[], since timestamptz,
                                  until timestamptz, totals text, prev bytea) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT sha256(convert_to(concat_ws(E'\n', point, day - DATE '1970-01-01', array_to_string(tills, ','),
                                       extract(epoch FROM since), extract(epoch FROM until), totals,
                                       encode(prev, 'hex'), nullif(array_to_string(series, ','), ''),
                                       string_agg(line, E'\n' ORDER BY line)), 'UTF8'))
    FROM (SELECT concat_ws(' ', bucket, id, extract(epoch FROM recorded_at), subject, seq, kind, currency,
                           coalesce(transfer::text, '-'), coalesce(payer, '-'), array_to_string(accounts, ','),
                           array_to_string(amounts, ','), reason)
          FROM baohao_till_entries(tills, since, until)
          UNION ALL
          SELECT concat_ws(' ', r.point, year, number, ask, r.line, extract(epoch FROM issued_at), facts::text)
          FROM baohao_counter_receipts(series, since, until) AS r) AS booked (line)
$$;
