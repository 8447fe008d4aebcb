-- Refunds in another currency than what they are of, and what wallets paid for.

-- What a refund is of ours, where it goes back in another currency; its amount is the payer's.
ALTER TABLE refunds ADD COLUMN own_minor bigint CHECK (own_minor > 0);

-- What wallets paid for, in the lines' buckets: a holder's statement names the numbers.
CREATE INDEX entries_of_wallets ON entries (payer, recorded_at) WHERE payer LIKE 'wallet:%' AND seq > 0;
