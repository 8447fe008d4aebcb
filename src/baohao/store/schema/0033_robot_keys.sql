-- A robot's key may speak of some cards alone, and record some kinds of acts; no kinds: any that count.
ALTER TABLE credentials ADD COLUMN cards text[] COLLATE "C" NOT NULL DEFAULT '{}';
ALTER TABLE credentials ADD COLUMN kinds text[] COLLATE "C" NOT NULL DEFAULT '{}';
