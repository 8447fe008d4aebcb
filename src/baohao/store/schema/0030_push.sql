-- Holders may be told by push services of their own choice: another channel beside mails and short messages.
ALTER TABLE messages DROP CONSTRAINT messages_channel_check;
ALTER TABLE messages ADD CONSTRAINT messages_channel_check CHECK (channel IN ('email', 'push', 'sms', 'none'));
