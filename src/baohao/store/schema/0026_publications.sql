-- What product managers write: policies, promotions and fees beside the files of the library, as drafts and in force.

-- One row a text, in the bucket of its operator. `revision` counts publications and withdrawals of the whole house:
-- every process sees by its largest value whether what it read is still what is in force.
CREATE TABLE publications (
    bucket      smallint NOT NULL CHECK (bucket = baohao_bucket(operator)),
    operator    text COLLATE "C" NOT NULL CHECK (operator <> ''),
    id          uuid NOT NULL,
    -- As the folders of the library are called.
    folder      text COLLATE "C" NOT NULL CHECK (folder IN ('policies', 'promotions', 'fees')),
    -- As people tell it from others: a policy with its version, a promotion, a schedule's first day.
    name        text COLLATE "C" NOT NULL,
    body        text NOT NULL CHECK (length(body) <= 1000000),
    state       text COLLATE "C" NOT NULL CHECK (state IN ('draft', 'proposed', 'published', 'withdrawn', 'dropped')),
    made_by     text NOT NULL,
    made_at     timestamptz NOT NULL,
    -- Another person than who made it.
    approved_by text CHECK (approved_by <> made_by),
    approved_at timestamptz,
    ended_by    text,
    ended_at    timestamptz,
    why         text NOT NULL DEFAULT '',
    revision    bigint CHECK (revision > 0),
    PRIMARY KEY (bucket, operator, id),
    CHECK (state NOT IN ('published', 'withdrawn') OR approved_by IS NOT NULL AND revision IS NOT NULL)
);
CREATE INDEX publications_revision ON publications (revision) WHERE revision IS NOT NULL;
