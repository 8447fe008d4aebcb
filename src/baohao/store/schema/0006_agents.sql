-- Agents: who sells for operators, and in which terms. Their money is in `accounts`, as "float:AGENT:CURRENCY".
CREATE TABLE agents (
    bucket            smallint NOT NULL CHECK (bucket = baohao_bucket(agent)),
    agent             text COLLATE "C" NOT NULL CHECK (agent <> ''),
    name              text NOT NULL,
    -- For whom it sells.
    operators         text[] COLLATE "C" NOT NULL CHECK (cardinality(operators) > 0),
    currency          text COLLATE "C" NOT NULL,
    -- What the commission schedules call agents like this one; empty: the usual.
    tier              text COLLATE "C" NOT NULL,
    is_active         boolean NOT NULL,
    -- Told when the float falls below; null: never.
    float_alarm_minor bigint CHECK (float_alarm_minor >= 0),
    since             timestamptz NOT NULL,
    PRIMARY KEY (bucket, agent)
);
