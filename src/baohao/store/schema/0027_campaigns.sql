-- Campaigns: what is done to many lines at once, planned by one person and approved by another, worked in parts.

CREATE TABLE campaigns (
    bucket      smallint NOT NULL CHECK (bucket = baohao_bucket(operator)),
    operator    text COLLATE "C" NOT NULL CHECK (operator <> ''),
    id          uuid NOT NULL,
    kind        text COLLATE "C" NOT NULL CHECK (kind IN ('moratorium', 'move')),
    -- Which lines, what for, and what their holders are told.
    plan        json NOT NULL,
    state       text COLLATE "C" NOT NULL CHECK (state IN (
                    'planned', 'looking', 'looked', 'holding', 'held', 'lifting', 'telling', 'told', 'moving', 'over',
                    'dropped')),
    made_by     text NOT NULL,
    made_at     timestamptz NOT NULL,
    approved_by text CHECK (approved_by <> made_by),
    approved_at timestamptz,
    ended_by    text,
    -- When the next part of it begins by itself: a moratorium is lifted, lines are moved.
    goes_on_at  timestamptz,
    told_at     timestamptz,
    -- Up to where the pass at hand has come.
    at_bucket   smallint NOT NULL DEFAULT -1,
    at_number   text COLLATE "C" NOT NULL DEFAULT '',
    PRIMARY KEY (bucket, operator, id)
);
CREATE INDEX campaigns_open ON campaigns (operator, id) WHERE state NOT IN ('over', 'dropped');

CREATE TABLE campaign_lines (
    bucket   smallint NOT NULL CHECK (bucket = baohao_bucket(number)),
    campaign uuid NOT NULL,
    number   text COLLATE "C" NOT NULL,
    -- gains, loses, same, unknown, refused; moved; held, lifted.
    outcome  text COLLATE "C" NOT NULL,
    -- Of one that was refused: the stable code.
    code     text COLLATE "C" NOT NULL DEFAULT '',
    days     int,
    was      date,
    will     date,
    told_at  timestamptz,
    done_at  timestamptz NOT NULL,
    PRIMARY KEY (bucket, campaign, number)
);
