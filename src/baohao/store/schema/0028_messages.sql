-- What holders are told: how they want it, what was sent as evidence, and when each line is looked at for it.

-- How a holder wants to be told, and the address for it, sealed under a key of the row's own: what was sent is sealed
-- under it too, so that an erasure, which takes the row, leaves nothing to read.
CREATE TABLE preferences (
    bucket     smallint NOT NULL CHECK (bucket = baohao_bucket(holder)),
    holder     text COLLATE "C" NOT NULL CHECK (holder <> ''),
    key        text COLLATE "C" NOT NULL,
    -- Empty: nothing was said yet.
    sealed     text COLLATE "C" NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (bucket, holder)
);

-- One row a message and channel, in the bucket of the number; kept for ever.
CREATE TABLE messages (
    bucket   smallint NOT NULL CHECK (bucket = baohao_bucket(number)),
    id       uuid NOT NULL,
    number   text COLLATE "C" NOT NULL,
    -- The tenure whose holder is told.
    epoch    int NOT NULL CHECK (epoch > 0),
    -- "reminder", or the act that is told.
    what     text COLLATE "C" NOT NULL,
    -- A reminder's subject, last good day, day and turn; else the effect that owed it.
    key      text COLLATE "C" NOT NULL CHECK (key <> ''),
    -- "none": nobody could be reached.
    channel  text COLLATE "C" NOT NULL CHECK (channel IN ('email', 'sms', 'none')),
    language text COLLATE "C" NOT NULL,
    -- Of a reminder, and of a charge that is announced.
    deadline timestamptz,
    -- The line's, when it was worded.
    version  int NOT NULL,
    -- SHA-256 of what it says, and that with the address, sealed.
    digest   bytea NOT NULL,
    sealed   text COLLATE "C" NOT NULL,
    -- What the reader may check it by.
    code     text COLLATE "C" NOT NULL,
    made_at  timestamptz NOT NULL,
    state    text COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'sent', 'failed', 'over')),
    -- When it is sent, again if it was before; null: no more.
    due_at   timestamptz,
    tries    int NOT NULL DEFAULT 0,
    lease    timestamptz,
    done_at  timestamptz,
    -- What the other side said last, without addresses.
    reply    text NOT NULL DEFAULT '',
    PRIMARY KEY (bucket, id),
    CONSTRAINT messages_wait CHECK ((state = 'waiting') = (due_at IS NOT NULL))
);
-- Told once by each channel, whoever works out that it is due.
CREATE UNIQUE INDEX messages_once ON messages (bucket, number, epoch, key, channel);
CREATE INDEX messages_due ON messages (due_at, bucket, id) WHERE state = 'waiting';
CREATE INDEX messages_code ON messages (code);

-- What decisions owe, found among other effects.
CREATE INDEX effects_messages ON effects (due_at, bucket, id) WHERE kind = 'message';

-- How far each line's reminders were worked out, for which version of it, and when the next is due; null: none is.
CREATE TABLE reminder_marks (
    bucket  smallint NOT NULL CHECK (bucket = baohao_bucket(number)),
    number  text COLLATE "C" NOT NULL,
    version int NOT NULL,
    until   timestamptz NOT NULL,
    next_at timestamptz,
    PRIMARY KEY (bucket, number)
) WITH (fillfactor = 80);

-- When each bucket is looked through again for lines that have moved on or are due.
CREATE TABLE reminder_rounds (
    bucket smallint NOT NULL PRIMARY KEY CHECK (bucket BETWEEN 0 AND 4095),
    at     timestamptz NOT NULL
);
INSERT INTO reminder_rounds (bucket, at) SELECT n, 'epoch' FROM generate_series(0, 4095) AS n;

-- The address of a holder's calendar; a new one takes its place, and none is left once it is revoked.
CREATE TABLE calendars (
    bucket  smallint NOT NULL CHECK (bucket = baohao_bucket(holder)),
    holder  text COLLATE "C" NOT NULL CHECK (holder <> ''),
    id      uuid NOT NULL,
    made_at timestamptz NOT NULL,
    PRIMARY KEY (bucket, holder),
    UNIQUE (bucket, id)
);
