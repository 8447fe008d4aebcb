-- Buckets: the twin in SQL of core/bucket.py, and what the tables check with.
--
-- The first 12 bits of md5: 0.3 microseconds, and the same on every version since 15. An account's text,
-- "float:agent-7:MOP", is in the bucket of its owner.
CREATE FUNCTION baohao_bucket(subject text) RETURNS smallint
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN ('x' || substr(md5(CASE WHEN strpos(subject, ':') > 0
                                   THEN split_part(subject, ':', 2) ELSE subject END),
                          1, 3))::bit(12)::int::smallint;

-- Whether the amounts of an entry sum to zero, none of them zero or missing.
CREATE FUNCTION baohao_balanced(amounts bigint[]) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
    total numeric := 0;
    amount bigint;
BEGIN
    FOREACH amount IN ARRAY amounts LOOP
        IF amount IS NULL OR amount = 0 THEN
            RETURN false;
        END IF;
        total := total + amount;
    END LOOP;
    RETURN total = 0;
END
$$;

-- The house: one row. `epoch` counts restores; while it is not open every ask is refused.
CREATE TABLE house (
    one          boolean PRIMARY KEY DEFAULT true CHECK (one),
    name         text NOT NULL,
    epoch        int NOT NULL DEFAULT 1 CHECK (epoch > 0),
    is_open      boolean NOT NULL DEFAULT true,
    -- What the demo adds to the database's clock.
    clock_offset interval NOT NULL DEFAULT '0'
);
INSERT INTO house (name) VALUES ('baohao');
