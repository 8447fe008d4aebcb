-- What agents sold, and what they earned by it.

-- One row for each paid act of an agent in the register, and one for each that was taken back; its money
-- is in the books, and this the detail. In the bucket of the agent; the key is in the order of statements.
CREATE TABLE agent_sales (
    bucket            smallint NOT NULL CHECK (bucket = baohao_bucket(agent)),
    agent             text COLLATE "C" NOT NULL CHECK (agent <> ''),
    recorded_at       timestamptz NOT NULL,
    ask               uuid NOT NULL,
    -- Of several by one ask: what is put right is taken back first, and then sold.
    n                 smallint NOT NULL CHECK (n >= 0),
    number            text COLLATE "C" NOT NULL,
    -- The tenure.
    epoch             int NOT NULL CHECK (epoch >= 0),
    verb              text COLLATE "C" NOT NULL,
    plan              text COLLATE "C" NOT NULL,
    currency          text COLLATE "C" NOT NULL,
    -- What the float paid; below zero: what it got back. So is commission that was lost again.
    total_minor       bigint NOT NULL,
    commission_minor  bigint NOT NULL,
    -- The agent's own money, for information.
    service_fee_minor bigint NOT NULL CHECK (service_fee_minor >= 0),
    -- The ask whose sale was taken back.
    of                uuid,
    PRIMARY KEY (bucket, agent, recorded_at, ask, n),
    CONSTRAINT agent_sales_one_way CHECK (CASE WHEN of IS NULL THEN least(total_minor, commission_minor) >= 0
                                               ELSE greatest(total_minor, commission_minor) <= 0 END)
);
