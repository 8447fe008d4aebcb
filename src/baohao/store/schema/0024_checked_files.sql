-- Files that are looked at before anything happens: what would become of each row is kept beside it, and once
-- somebody has confirmed that, the file is worked through.
ALTER TABLE bulk_files DROP CONSTRAINT bulk_files_state_check;
ALTER TABLE bulk_files ADD CONSTRAINT bulk_files_state_check
    CHECK (state IN ('arriving', 'checking', 'checked', 'waiting', 'working', 'done', 'failed', 'stopped'));
-- Of the rows so far, those that would be renewed, those that would not be, and what the first would cost.
ALTER TABLE bulk_files ADD COLUMN good int NOT NULL DEFAULT 0 CHECK (good >= 0);
ALTER TABLE bulk_files ADD COLUMN wrong int NOT NULL DEFAULT 0 CHECK (wrong >= 0);
ALTER TABLE bulk_files ADD COLUMN total_minor bigint NOT NULL DEFAULT 0 CHECK (total_minor >= 0);
-- Promotion -> how many uses of it they would take, and minor units of its budget.
ALTER TABLE bulk_files ADD COLUMN uses json NOT NULL DEFAULT '{}';
-- What would become of each row, a JSON object a line; null: not looked at.
ALTER TABLE bulk_parts ADD COLUMN foreseen text;
ALTER TABLE bulk_parts ADD COLUMN wrong int NOT NULL DEFAULT 0 CHECK (wrong >= 0);

DROP INDEX bulk_files_open;
CREATE INDEX bulk_files_open ON bulk_files (created_at, bucket, id)
    WHERE state IN ('arriving', 'checking', 'waiting', 'working');
