-- Directories and counters that are not in the number's bucket, but in their own key's.

-- ICCID and IMSI -> number; in the bucket of the identifier.
CREATE TABLE cards (
    bucket     smallint NOT NULL CHECK (bucket = baohao_bucket(identifier)),
    identifier text COLLATE "C" NOT NULL CHECK (identifier <> ''),
    kind       text COLLATE "C" NOT NULL CHECK (kind IN ('iccid', 'imsi')),
    number     text COLLATE "C" NOT NULL,
    PRIMARY KEY (bucket, identifier)
);

-- EID -> numbers: one chip carries several profiles.
CREATE TABLE chips (
    bucket smallint NOT NULL CHECK (bucket = baohao_bucket(eid)),
    eid    text COLLATE "C" NOT NULL CHECK (eid <> ''),
    number text COLLATE "C" NOT NULL,
    PRIMARY KEY (bucket, eid, number)
);

-- How many lines a holder has with an operator, for quotas; in the bucket of the holder.
CREATE TABLE holdings (
    bucket   smallint NOT NULL CHECK (bucket = baohao_bucket(holder)),
    holder   text COLLATE "C" NOT NULL CHECK (holder <> ''),
    operator text COLLATE "C" NOT NULL,
    cards    int NOT NULL CHECK (cards >= 0),
    PRIMARY KEY (bucket, holder, operator)
);

-- What a promotion with a limit has given in all; in the bucket of the promotion.
CREATE TABLE promotion_totals (
    bucket           smallint NOT NULL CHECK (bucket = baohao_bucket(promotion)),
    promotion        text COLLATE "C" NOT NULL,
    uses             bigint NOT NULL CHECK (uses >= 0),
    cost_minor       bigint NOT NULL CHECK (cost_minor >= 0),
    -- The limits as they stood at the last use; null: none.
    uses_max         bigint,
    budget_max_minor bigint,
    PRIMARY KEY (bucket, promotion),
    CONSTRAINT promotion_totals_uses_left CHECK (uses <= uses_max),
    CONSTRAINT promotion_totals_budget_left CHECK (cost_minor <= budget_max_minor)
) WITH (fillfactor = 50);

-- What a number or a holder has had of a promotion; in the bucket of that number or holder.
CREATE TABLE promotion_uses (
    bucket    smallint NOT NULL CHECK (bucket = baohao_bucket(subject)),
    subject   text COLLATE "C" NOT NULL,
    promotion text COLLATE "C" NOT NULL,
    uses      int NOT NULL CHECK (uses >= 0),
    PRIMARY KEY (bucket, subject, promotion)
);
