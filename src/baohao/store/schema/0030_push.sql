-- Holders may be told by push services of their own choice: another channel beside mails and short messages.
ALTER TABLE messages DROP CONSTRAINT messages_channel_check;
ALTER TABLE messages ADD CONSTRAINT messages_channel_check CHECK (channel IN ('email', 'push', 'sms', 'none'));

-- A robot's key may speak of some cards alone, and record some kinds of acts; no kinds: any that count.
ALTER TABLE credentials ADD COLUMN cards text[] COLLATE "C" NOT NULL DEFAULT '{}';
ALTER TABLE credentials ADD COLUMN kinds text[] COLLATE "C" NOT NULL DEFAULT '{}';
