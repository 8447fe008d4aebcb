-- Who holders are. Names and documents are sealed under a key of each person; without the key nobody reads them.

-- One row a holder; it goes with an erasure, and with it the key.
CREATE TABLE people (
    bucket     smallint NOT NULL CHECK (bucket = baohao_bucket(holder)),
    -- The random id that the journal knows.
    holder     text COLLATE "C" NOT NULL CHECK (holder <> ''),
    -- The person's own key, sealed under the house's.
    key        text COLLATE "C" NOT NULL,
    -- Name, documents, address, as one sealed text.
    sealed     text COLLATE "C" NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (bucket, holder)
);

-- Document -> holder, by a keyed digest that tells nothing of the document; in the bucket of the digest.
CREATE TABLE documents (
    bucket smallint NOT NULL CHECK (bucket = baohao_bucket(digest)),
    digest text COLLATE "C" NOT NULL,
    holder text COLLATE "C" NOT NULL,
    PRIMARY KEY (bucket, digest)
);
CREATE INDEX documents_of ON documents (holder);
