-- What agents hold: cards in stock, and customers. The bucket of both tables is the agent's.

-- The directory of cards in stock that agents have; each line says so itself, and the two agree.
CREATE TABLE allotments (
    bucket smallint NOT NULL CHECK (bucket = baohao_bucket(agent)),
    agent  text COLLATE "C" NOT NULL CHECK (agent <> ''),
    number text COLLATE "C" NOT NULL,
    since  timestamptz NOT NULL,
    PRIMARY KEY (bucket, agent, number)
);

-- The last tenure of a number that an agent has sold to; while it is not over, its holder is a customer.
CREATE TABLE customers (
    bucket smallint NOT NULL CHECK (bucket = baohao_bucket(agent)),
    agent  text COLLATE "C" NOT NULL CHECK (agent <> ''),
    number text COLLATE "C" NOT NULL,
    epoch  int NOT NULL CHECK (epoch > 0),
    -- When the agent first sold to it.
    since  timestamptz NOT NULL,
    PRIMARY KEY (bucket, agent, number)
);
