-- Every statement of the product, by name. `unnest` turns columns, one binary array each, into rows;
-- a column that is itself an array travels as its text. Each key begins with the bucket.
--
-- First the door's: trip 1 finds and locks, trip 2 writes. Then what runs by the day, and what only reads.

-- === trip 1: find and lock ===========================================================================

-- name: find_keys
-- Find the decisions that were made under these keys.
SELECT k.bucket, k.principal, k.key, k.body, k.answer, k.subject, k.seq
FROM unnest(%b::smallint[], %b::text[], %b::text[]) AS t (bucket, principal, key)
JOIN keys k USING (bucket, principal, key)

-- name: lock_lines
-- Lock these lines in one order.
SELECT l.number, l.version, l.head, l.recorded_at, l.due_at, l.state
FROM unnest(%b::smallint[], %b::text[]) AS t (bucket, number)
JOIN lines l USING (bucket, number)
ORDER BY bucket, number
FOR UPDATE OF l

-- name: lock_quotes
-- Lock the quotes that are referred to, so that none is given back while it is used.
SELECT q.id, q.number, q.version, q.made_at, q.until, q.terms, q.uses
FROM unnest(%b::smallint[], %b::uuid[]) AS t (bucket, id)
JOIN quotes q USING (bucket, id)
ORDER BY bucket, id
FOR UPDATE OF q

-- name: find_lines
-- Find what these numbers are, unlocked.
SELECT l.number, l.operator, l.plan, l.custody, l.iccid
FROM unnest(%b::smallint[], %b::text[]) AS t (bucket, number)
JOIN lines l USING (bucket, number)

-- name: lock_ended_quotes
-- Lock quotes that have ended, and still keep uses of promotions.
SELECT bucket, id, uses FROM quotes
WHERE keeps AND until <= (SELECT clock_timestamp() + clock_offset FROM house)
ORDER BY until, bucket, id LIMIT %b
FOR UPDATE SKIP LOCKED

-- name: find_cards
-- Find which numbers these ICCIDs and IMSIs are on.
SELECT c.identifier, c.number
FROM unnest(%b::smallint[], %b::text[]) AS t (bucket, identifier)
JOIN cards c USING (bucket, identifier)

-- name: lock_accounts
-- Lock these guarded accounts in one order, after the lines.
SELECT a.account, a.balance_minor, a.version, a.head, a.recorded_at
FROM unnest(%b::smallint[], %b::text[]) AS t (bucket, account)
JOIN accounts a USING (bucket, account)
ORDER BY bucket, account
FOR UPDATE OF a

-- name: lock_holdings
-- Lock how many lines these holders have, after the accounts.
SELECT h.holder, h.operator, h.cards
FROM unnest(%b::smallint[], %b::text[]) AS t (bucket, holder)
JOIN holdings h USING (bucket, holder)
ORDER BY bucket, holder, h.operator
FOR UPDATE OF h

-- name: lock_promotion_totals
-- Lock what promotions with a limit have given, after the holdings.
SELECT p.promotion, p.uses, p.cost_minor
FROM unnest(%b::smallint[], %b::text[]) AS t (bucket, promotion)
JOIN promotion_totals p USING (bucket, promotion)
ORDER BY bucket, promotion
FOR UPDATE OF p

-- name: lock_promotion_uses
-- Lock what these numbers and holders have had of promotions, last of all locks.
SELECT u.subject, u.promotion, u.uses
FROM unnest(%b::smallint[], %b::text[]) AS t (bucket, subject)
JOIN promotion_uses u USING (bucket, subject)
ORDER BY bucket, subject, u.promotion
FOR UPDATE OF u

-- name: read_clock
-- Read the clock, to be sent after the locks, and whether the house is open.
SELECT clock_timestamp() + clock_offset, is_open FROM house

-- === trip 2: write ===================================================================================

-- name: insert_lines
-- Write lines that are new.
INSERT INTO lines (bucket, number, operator, plan, pin, custody, epoch, holder, iccid, version, head,
                   recorded_at, safe_until, due_at, state)
SELECT * FROM unnest(%b::smallint[], %b::text[], %b::text[], %b::text[], %b::text[], %b::text[], %b::int[],
                     %b::text[], %b::text[], %b::int[], %b::bytea[], %b::timestamptz[], %b::timestamptz[],
                     %b::timestamptz[], %b::json[])

-- name: update_lines
-- Move lines on from the version that was locked.
UPDATE lines l
SET operator = t.operator, plan = t.plan, pin = t.pin, custody = t.custody, epoch = t.epoch, holder = t.holder,
    iccid = t.iccid, version = t.version, head = t.head, recorded_at = t.recorded_at,
    safe_until = t.safe_until, due_at = t.due_at, state = t.state
FROM unnest(%b::smallint[], %b::text[], %b::int[], %b::text[], %b::text[], %b::text[], %b::text[], %b::int[],
            %b::text[], %b::text[], %b::int[], %b::bytea[], %b::timestamptz[], %b::timestamptz[],
            %b::timestamptz[], %b::json[])
  AS t (bucket, number, was, operator, plan, pin, custody, epoch, holder, iccid, version, head, recorded_at,
        safe_until, due_at, state)
WHERE l.bucket = t.bucket AND l.number = t.number AND l.version = t.was

-- name: end_tenures
-- End the open tenures of these numbers.
UPDATE tenures t
SET until = greatest(e.until, t.since)
FROM unnest(%b::smallint[], %b::text[], %b::int[], %b::timestamptz[]) AS e (bucket, number, epoch, until)
WHERE t.bucket = e.bucket AND t.number = e.number AND t.epoch = e.epoch AND t.until IS NULL

-- name: insert_tenures
-- Begin tenures.
INSERT INTO tenures (bucket, number, epoch, holder, since)
SELECT * FROM unnest(%b::smallint[], %b::text[], %b::int[], %b::text[], %b::timestamptz[])

-- name: hold_tenures
-- Say who holds tenures that began without a registered holder.
UPDATE tenures t
SET holder = h.holder
FROM unnest(%b::smallint[], %b::text[], %b::int[], %b::text[]) AS h (bucket, number, epoch, holder)
WHERE t.bucket = h.bucket AND t.number = h.number AND t.epoch = h.epoch

-- name: delete_cards
-- Take identifiers off the directory.
DELETE FROM cards c
USING unnest(%b::smallint[], %b::text[]) AS t (bucket, identifier)
WHERE c.bucket = t.bucket AND c.identifier = t.identifier

-- name: insert_cards
-- Put identifiers into the directory.
INSERT INTO cards (bucket, identifier, kind, number)
SELECT * FROM unnest(%b::smallint[], %b::text[], %b::text[], %b::text[])

-- name: delete_chips
-- Take lines off the chips that carried them.
DELETE FROM chips c
USING unnest(%b::smallint[], %b::text[], %b::text[]) AS t (bucket, eid, number)
WHERE c.bucket = t.bucket AND c.eid = t.eid AND c.number = t.number

-- name: insert_chips
-- Put lines onto chips.
INSERT INTO chips (bucket, eid, number)
SELECT * FROM unnest(%b::smallint[], %b::text[], %b::text[])

-- name: put_due
-- Remind of lines earlier than they were to be looked at.
INSERT INTO due (bucket, number, at)
SELECT * FROM unnest(%b::smallint[], %b::text[], %b::timestamptz[])
ON CONFLICT (bucket, number) DO UPDATE SET at = excluded.at

-- name: delete_due
-- Look no more at lines for which nothing falls due.
DELETE FROM due d
USING unnest(%b::smallint[], %b::text[]) AS t (bucket, number)
WHERE d.bucket = t.bucket AND d.number = t.number

-- name: insert_boundaries
-- Write when new lines enter which stage.
INSERT INTO boundaries (bucket, number, ladder, starts)
SELECT bucket, number, ladder, starts::timestamptz[]
FROM unnest(%b::smallint[], %b::text[], %b::bigint[], %b::text[]) AS t (bucket, number, ladder, starts)

-- name: update_boundaries
-- Write when lines enter which stage from now on.
UPDATE boundaries b
SET ladder = t.ladder, starts = t.starts::timestamptz[]
FROM unnest(%b::smallint[], %b::text[], %b::bigint[], %b::text[]) AS t (bucket, number, ladder, starts)
WHERE b.bucket = t.bucket AND b.number = t.number

-- name: insert_ladders
-- Name the stages of ways that no line has gone before.
INSERT INTO ladders (ladder, pin, stages, kinds)
SELECT * FROM unnest(%b::bigint[], %b::text[], %b::jsonb[], %b::jsonb[])
ON CONFLICT (ladder) DO NOTHING

-- name: end_benefits
-- Mark benefits that are no longer given, before others take their place.
UPDATE benefits b
SET is_live = false
FROM unnest(%b::smallint[], %b::text[], %b::text[], %b::timestamptz[], %b::text[])
  AS t (bucket, number, clock, starts_at, kind)
WHERE b.bucket = t.bucket AND b.number = t.number AND b.clock = t.clock AND b.starts_at = t.starts_at
  AND b.kind = t.kind AND b.is_live

-- name: insert_benefits
-- Write what was given.
INSERT INTO benefits (bucket, number, epoch, seq, n, act, clock, kind, starts_at, ends_at)
SELECT * FROM unnest(%b::smallint[], %b::text[], %b::int[], %b::int[], %b::smallint[], %b::text[], %b::text[],
                     %b::text[], %b::timestamptz[], %b::timestamptz[])

-- name: insert_quotes
-- Write promises.
INSERT INTO quotes (bucket, id, number, version, made_at, until, terms, uses, keeps)
SELECT t.*, t.uses <> '[]'
FROM unnest(%b::smallint[], %b::uuid[], %b::text[], %b::int[], %b::timestamptz[], %b::timestamptz[],
            %b::jsonb[], %b::jsonb[]) AS t (bucket, id, number, version, made_at, until, terms, uses)

-- name: release_quotes
-- Let promises that have ended keep nothing any more.
UPDATE quotes q
SET keeps = false
FROM unnest(%b::smallint[], %b::uuid[]) AS t (bucket, id)
WHERE q.bucket = t.bucket AND q.id = t.id

-- name: delete_quotes
-- Forget promises that were kept.
DELETE FROM quotes q
USING unnest(%b::smallint[], %b::uuid[]) AS t (bucket, id)
WHERE q.bucket = t.bucket AND q.id = t.id

-- name: insert_journal
-- Write events, one instant for all.
INSERT INTO journal (recorded_at, bucket, subject, seq, effective_at, kind, ask, principal, channel, payload,
                     prev, hash)
SELECT %b::timestamptz, t.*
FROM unnest(%b::smallint[], %b::text[], %b::int[], %b::timestamptz[], %b::text[], %b::uuid[], %b::text[],
            %b::text[], %b::json[], %b::bytea[], %b::bytea[]) AS t

-- name: insert_entries
-- Post entries, one instant for all.
INSERT INTO entries (recorded_at, bucket, id, subject, seq, kind, currency, transfer, payer, reason, accounts,
                     amounts)
SELECT %b::timestamptz, bucket, id, subject, seq, kind, currency, transfer, payer, reason, accounts::text[],
       amounts::bigint[]
FROM unnest(%b::smallint[], %b::uuid[], %b::text[], %b::int[], %b::text[], %b::text[], %b::uuid[], %b::text[],
            %b::text[], %b::text[], %b::text[])
  AS t (bucket, id, subject, seq, kind, currency, transfer, payer, reason, accounts, amounts)

-- name: insert_deferrals
-- Write how deferred revenue changes.
INSERT INTO deferrals (bucket, subject, seq, plan, currency, months, amounts)
SELECT bucket, subject, seq, plan, currency, months::date[], amounts::bigint[]
FROM unnest(%b::smallint[], %b::text[], %b::int[], %b::text[], %b::text[], %b::text[], %b::text[])
  AS t (bucket, subject, seq, plan, currency, months, amounts)

-- name: update_accounts
-- Move guarded balances, one change for each account, and the chains of those that were asked of.
UPDATE accounts a
SET balance_minor = a.balance_minor + t.change_minor, version = t.version, head = t.head,
    recorded_at = t.recorded_at
FROM unnest(%b::smallint[], %b::text[], %b::bigint[], %b::int[], %b::bytea[], %b::timestamptz[])
  AS t (bucket, account, change_minor, version, head, recorded_at)
WHERE a.bucket = t.bucket AND a.account = t.account

-- name: insert_accounts
-- Open guarded accounts.
INSERT INTO accounts (bucket, account, balance_minor, version, head, recorded_at)
SELECT * FROM unnest(%b::smallint[], %b::text[], %b::bigint[], %b::int[], %b::bytea[], %b::timestamptz[])

-- name: update_holdings
-- Count lines of holders.
UPDATE holdings h
SET cards = h.cards + t.change
FROM unnest(%b::smallint[], %b::text[], %b::text[], %b::int[]) AS t (bucket, holder, operator, change)
WHERE h.bucket = t.bucket AND h.holder = t.holder AND h.operator = t.operator

-- name: insert_holdings
-- Count the first lines of holders.
INSERT INTO holdings (bucket, holder, operator, cards)
SELECT * FROM unnest(%b::smallint[], %b::text[], %b::text[], %b::int[])

-- name: add_holdings
-- Count a line of holders who had one before, or had none.
INSERT INTO holdings AS h (bucket, holder, operator, cards)
SELECT * FROM unnest(%b::smallint[], %b::text[], %b::text[], %b::int[])
ON CONFLICT (bucket, holder, operator) DO UPDATE SET cards = h.cards + excluded.cards

-- name: update_promotion_totals
-- Count uses of promotions under the limits of today; what is given back is never over a limit that was lowered.
UPDATE promotion_totals p
SET uses = greatest(0, p.uses + t.uses), cost_minor = greatest(0, p.cost_minor + t.cost_minor),
    uses_max = CASE WHEN t.uses > 0 THEN t.uses_max ELSE greatest(t.uses_max, p.uses + t.uses) END,
    budget_max_minor = CASE WHEN t.cost_minor > 0 THEN t.budget_max_minor
                            ELSE greatest(t.budget_max_minor, p.cost_minor + t.cost_minor) END
FROM unnest(%b::smallint[], %b::text[], %b::bigint[], %b::bigint[], %b::bigint[], %b::bigint[])
  AS t (bucket, promotion, uses, cost_minor, uses_max, budget_max_minor)
WHERE p.bucket = t.bucket AND p.promotion = t.promotion

-- name: insert_promotion_totals
-- Count the first uses of promotions.
INSERT INTO promotion_totals (bucket, promotion, uses, cost_minor, uses_max, budget_max_minor)
SELECT * FROM unnest(%b::smallint[], %b::text[], %b::bigint[], %b::bigint[], %b::bigint[], %b::bigint[])

-- name: update_promotion_uses
-- Count what numbers and holders have had of promotions.
UPDATE promotion_uses u
SET uses = greatest(0, u.uses + t.change)
FROM unnest(%b::smallint[], %b::text[], %b::text[], %b::int[]) AS t (bucket, subject, promotion, change)
WHERE u.bucket = t.bucket AND u.subject = t.subject AND u.promotion = t.promotion

-- name: insert_promotion_uses
-- Count the first that numbers and holders have of promotions.
INSERT INTO promotion_uses (bucket, subject, promotion, uses)
SELECT * FROM unnest(%b::smallint[], %b::text[], %b::text[], %b::int[])

-- name: insert_effects
-- Owe work outside the database.
INSERT INTO effects (bucket, id, subject, epoch, kind, due_at, data)
SELECT * FROM unnest(%b::smallint[], %b::uuid[], %b::text[], %b::int[], %b::text[], %b::timestamptz[],
                     %b::json[])

-- name: insert_receipts_owed
-- Owe receipts for what was paid.
INSERT INTO receipt_places (due_at, bucket, ask, line, wanted)
SELECT %b::timestamptz, t.* FROM unnest(%b::smallint[], %b::text[], %b::text[], %b::text[]) AS t

-- name: insert_keys
-- Keep answers under their keys, for ever.
INSERT INTO keys (recorded_at, bucket, principal, key, body, answer, subject, seq)
SELECT %b::timestamptz, t.*
FROM unnest(%b::smallint[], %b::text[], %b::text[], %b::bytea[], %b::text[], %b::text[], %b::int[]) AS t

-- name: park_asks
-- Put asks aside that a defect keeps from being decided; a second try leaves the first reason.
INSERT INTO parked (bucket, id, subject, parked_at, ask, reason)
SELECT bucket, id, subject, parked_at, ask, reason
FROM unnest(%b::smallint[], %b::uuid[], %b::text[], %b::timestamptz[], %b::jsonb[], %b::text[])
  AS t (bucket, id, subject, parked_at, ask, reason)
ON CONFLICT (bucket, id) DO NOTHING

-- === what the day does ===============================================================================

-- name: find_due
-- Find lines that are to be looked at, the earliest first.
SELECT at, bucket, number FROM due WHERE at <= %b ORDER BY at, bucket, number LIMIT %b

-- name: find_due_after
-- Find the next of them.
SELECT at, bucket, number FROM due WHERE at <= %b AND (at, bucket, number) > (%b, %b::smallint, %b)
ORDER BY at, bucket, number LIMIT %b

-- name: move_due
-- Note on lines, of which nothing else has changed, what stands in `due`.
UPDATE lines l
SET due_at = t.due_at
FROM unnest(%b::smallint[], %b::text[], %b::timestamptz[]) AS t (bucket, number, due_at)
WHERE l.bucket = t.bucket AND l.number = t.number

-- name: forget_quotes
-- Forget promises that nobody will ask for again.
DELETE FROM quotes WHERE until < (SELECT clock_timestamp() + clock_offset FROM house) - interval '1 day'

-- name: give_back_totals
-- Give back to promotions what quotes had kept and nobody used.
UPDATE promotion_totals p
SET uses = greatest(0, p.uses - t.uses), cost_minor = greatest(0, p.cost_minor - t.cost_minor)
FROM unnest(%b::smallint[], %b::text[], %b::bigint[], %b::bigint[]) AS t (bucket, promotion, uses, cost_minor)
WHERE p.bucket = t.bucket AND p.promotion = t.promotion

-- name: give_back_uses
-- Give back to numbers and holders what quotes had kept of promotions.
UPDATE promotion_uses u
SET uses = greatest(0, u.uses - t.uses)
FROM unnest(%b::smallint[], %b::text[], %b::text[], %b::int[]) AS t (bucket, subject, promotion, uses)
WHERE u.bucket = t.bucket AND u.subject = t.subject AND u.promotion = t.promotion

-- name: claim_effects
-- Claim effects that are due, for as long as the lease says; others take what is left. A house that is
-- closed owes them and sends nothing.
UPDATE effects e
SET lease = %b, tries = tries + 1
FROM (SELECT bucket, id FROM effects
      WHERE due_at <= %b AND (lease IS NULL OR lease <= %b) AND (SELECT is_open FROM house)
      ORDER BY due_at, bucket, id LIMIT %b FOR UPDATE SKIP LOCKED) AS t
WHERE e.bucket = t.bucket AND e.id = t.id
RETURNING e.bucket, e.id, e.subject, e.epoch, e.kind, e.due_at, e.tries, e.data

-- name: finish_effects
-- Forget effects that are done, unless the lease has gone to somebody else meanwhile.
DELETE FROM effects e
USING unnest(%b::smallint[], %b::uuid[], %b::int[]) AS t (bucket, id, tries)
WHERE e.bucket = t.bucket AND e.id = t.id AND e.tries = t.tries

-- name: postpone_effects
-- Put effects off that could not be done.
UPDATE effects e
SET lease = NULL, due_at = t.due_at
FROM unnest(%b::smallint[], %b::uuid[], %b::int[], %b::timestamptz[]) AS t (bucket, id, tries, due_at)
WHERE e.bucket = t.bucket AND e.id = t.id AND e.tries = t.tries

-- === the journal =====================================================================================

-- name: read_journal
-- Read the events of one subject in order.
SELECT subject, seq, recorded_at, effective_at, kind, ask, principal, channel, payload, prev, hash
FROM journal WHERE bucket = %b AND subject = %b ORDER BY seq, recorded_at

-- name: read_event
-- Read the event at a place.
SELECT subject, seq, recorded_at, effective_at, kind, ask, principal, channel, payload, prev, hash
FROM journal WHERE bucket = %b AND subject = %b AND seq = %b

-- name: read_journal_of_buckets
-- Read the events of some buckets, subject by subject.
SELECT subject, seq, recorded_at, effective_at, kind, ask, principal, channel, payload, prev, hash
FROM journal WHERE bucket BETWEEN %b AND %b ORDER BY bucket, subject, seq, recorded_at

-- name: read_entries_of_buckets
-- Read the entries that events of some buckets posted.
SELECT subject, seq, kind, currency, transfer, payer, reason, accounts, amounts
FROM entries WHERE bucket BETWEEN %b AND %b AND seq > 0 ORDER BY subject, seq, id

-- name: read_heads
-- Read the last event of each chain in some buckets as they stood at an instant.
SELECT DISTINCT ON (bucket, subject) bucket, subject, seq, hash
FROM journal WHERE bucket BETWEEN %b AND %b AND recorded_at < %b
ORDER BY bucket, subject, seq DESC

-- name: read_rows_of_buckets
-- Read the lines and accounts of some buckets as they stand; an account has no state.
SELECT number, head, state FROM lines WHERE bucket BETWEEN %b AND %b
UNION ALL SELECT account, head, NULL FROM accounts WHERE bucket BETWEEN %b AND %b

-- name: insert_seals
-- Seal buckets for a day, once.
INSERT INTO seals (bucket, day, subjects, root)
SELECT * FROM unnest(%b::smallint[], %b::date[], %b::int[], %b::bytea[])
ON CONFLICT (bucket, day) DO NOTHING

-- name: read_seals
-- Read the seals of a day.
SELECT bucket, subjects, root FROM seals WHERE day = %b ORDER BY bucket

-- name: read_sealed_days
-- Read which days are sealed.
SELECT DISTINCT day FROM seals ORDER BY day

-- === the schema's own ================================================================================

-- name: lock_house
-- Let one process at a time change the house or its months.
SELECT one FROM house FOR UPDATE

-- name: read_house
-- Read the house: its name, how often it was restored, whether it is open, what time it is.
SELECT name, epoch, is_open, clock_timestamp() + clock_offset FROM house

-- name: close_house
-- Close a house that was restored: what its time brings is another time than before.
UPDATE house SET epoch = epoch + 1, is_open = false

-- name: open_house
-- Open a house after it was examined.
UPDATE house SET is_open = true

-- name: forget_waiting_messages
-- Take back the messages of a restored house that waited: they may have been sent since.
UPDATE messages SET state = 'over', due_at = NULL, done_at = clock_timestamp() + clock_offset,
       reply = 'the house was restored', lease = NULL
FROM house WHERE state = 'waiting' AND NOT is_open

-- name: forget_owed_messages
-- Owe, in a house that was restored, no messages of acts that were done before.
DELETE FROM effects WHERE kind = 'message' AND NOT (SELECT is_open FROM house)

-- name: read_months
-- Read for which months the journal has room.
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'journal'::regclass

-- === what only reads =================================================================================

-- name: read_line
-- Read one line to show it.
SELECT version, head, recorded_at, due_at, state FROM lines WHERE bucket = %b AND number = %b

-- name: read_lines
-- Read many lines to show them.
SELECT state FROM unnest(%b::smallint[], %b::text[]) WITH ORDINALITY AS t (bucket, number, n)
JOIN lines USING (bucket, number) ORDER BY n

-- name: read_quote
-- Read what a quote promises.
SELECT terms, until FROM quotes WHERE bucket = %b AND id = %b

-- name: read_quotes
-- Read what several quotes promise.
SELECT q.id, q.number, q.version, q.until, q.terms
FROM unnest(%b::smallint[], %b::uuid[]) WITH ORDINALITY AS t (bucket, id, n)
JOIN quotes q USING (bucket, id) ORDER BY n

-- name: find_versions
-- Find the versions and policies of these numbers, to be expected of them.
SELECT l.number, l.version, l.pin
FROM unnest(%b::smallint[], %b::text[]) AS t (bucket, number)
JOIN lines l USING (bucket, number)

-- name: read_open_tenure
-- Read who holds a number now.
SELECT number, epoch, holder, since FROM tenures WHERE bucket = %b AND number = %b AND until IS NULL

-- name: list_open_tenures
-- List what a holder holds now, over all buckets.
SELECT number, epoch, holder, since FROM tenures WHERE holder = %b AND until IS NULL ORDER BY since, number

-- name: list_lines
-- List all lines with the stage that each is in at an instant.
SELECT l.number, l.operator, l.plan, l.pin, l.custody, l.iccid, l.epoch, l.holder, l.version, l.safe_until,
       r.stages ->> (greatest(width_bucket(%b::timestamptz, b.starts), 1) - 1) AS stage
FROM lines l
JOIN boundaries b USING (bucket, number)
JOIN ladders r USING (ladder)
ORDER BY l.bucket, l.number

-- name: list_states
-- List all lines as they stand.
SELECT state FROM lines ORDER BY bucket, number

-- name: list_entries
-- List the entries of some time in the order in which they were posted.
SELECT recorded_at, id, subject, seq, kind, currency, reason, accounts, amounts
FROM entries WHERE recorded_at >= %b AND recorded_at < %b
ORDER BY recorded_at, bucket, id

-- name: sum_accounts
-- Sum up what was posted to each account: debits, credits, and how often.
SELECT account, coalesce(sum(amount) FILTER (WHERE amount > 0), 0)::bigint,
       coalesce(-sum(amount) FILTER (WHERE amount < 0), 0)::bigint, count(*)
FROM entries, unnest(accounts, amounts) AS p (account, amount)
GROUP BY account ORDER BY account

-- === what if =========================================================================================

-- name: read_now
-- Read the house's clock, without a lock.
SELECT clock_timestamp() + clock_offset FROM house

-- name: put_clock
-- Put the house's clock, of a demo.
UPDATE house SET clock_offset = %b::interval

-- name: read_ladders
-- Read the names of all ways that lines go.
SELECT ladder, pin, stages, kinds FROM ladders

-- name: count_stages
-- Count how many lines will have come how far on their way at an instant.
SELECT ladder, width_bucket(%b::timestamptz, starts) AS place, count(*)
FROM boundaries GROUP BY ladder, place

-- name: guess_lines
-- Guess how many lines there are, from what the last analysis counted.
SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = 'lines'::regclass

-- name: sample_lines
-- Read lines of a policy from pages drawn by chance.
SELECT state FROM lines TABLESAMPLE SYSTEM (%b::real) REPEATABLE (%b::bigint) WHERE pin = %b LIMIT %b

-- name: take_earned
-- Take the months before this one off all schedules, and sum up what was deferred to them, by bucket with a subject.
WITH kept AS (
    SELECT d.bucket, d.subject, d.seq, d.plan, d.currency,
           array_agg(m.month ORDER BY m.month) FILTER (WHERE m.month >= %b) AS months,
           array_agg(m.amount ORDER BY m.month) FILTER (WHERE m.month >= %b) AS amounts,
           (sum(m.amount) FILTER (WHERE m.month < %b))::bigint AS earned
    FROM deferrals d CROSS JOIN LATERAL unnest(d.months, d.amounts) AS m (month, amount)
    GROUP BY d.bucket, d.subject, d.seq, d.plan, d.currency
    HAVING bool_or(m.month < %b)
), over AS (
    DELETE FROM deferrals d USING kept k
    WHERE k.months IS NULL AND (d.bucket, d.subject, d.seq, d.plan, d.currency)
        = (k.bucket, k.subject, k.seq, k.plan, k.currency)
), cut AS (
    UPDATE deferrals d
    SET months = k.months, amounts = k.amounts
    FROM kept k
    WHERE k.months IS NOT NULL AND (d.bucket, d.subject, d.seq, d.plan, d.currency)
        = (k.bucket, k.subject, k.seq, k.plan, k.currency)
)
SELECT plan, currency, min(subject), sum(earned)::bigint
FROM kept GROUP BY bucket, plan, currency ORDER BY bucket, plan, currency

-- === the doctor: each counts what it looked at, and what is wrong ===================================

-- name: doctor_entries
-- Every entry balances, in one currency.
SELECT count(*), count(*) FILTER (
  WHERE NOT baohao_balanced(amounts)
     OR EXISTS (SELECT FROM unnest(accounts) AS a WHERE split_part(a, ':', 3) <> currency))
FROM entries

-- name: doctor_clearing
-- Every transfer between buckets nets to zero in clearing.
SELECT count(*), count(*) FILTER (WHERE total <> 0)
FROM (SELECT sum(amount) AS total
      FROM entries, unnest(accounts, amounts) AS p (account, amount)
      WHERE account LIKE 'clearing:%%' GROUP BY transfer, currency) AS t

-- name: doctor_balances
-- Every guarded balance is the sum of its postings, and not below zero.
SELECT count(*), count(*) FILTER (
  WHERE coalesce(a.balance_minor, 0) <> coalesce(p.total, 0) OR coalesce(a.balance_minor, 0) < 0)
FROM accounts a
FULL JOIN (SELECT bucket, account COLLATE "C" AS account, sum(amount * sign) AS total
           FROM entries, unnest(accounts, amounts) AS x (account, amount)
           JOIN unnest(%b::text[], %b::int[]) AS k (kind, sign) ON k.kind = split_part(account, ':', 1)
           GROUP BY 1, 2) AS p USING (bucket, account)

-- name: doctor_sales
-- Every paid act that stands in the journal has its entry.
SELECT count(*), count(*) FILTER (WHERE NOT EXISTS (
  SELECT FROM entries e WHERE e.bucket = j.bucket AND e.subject = j.subject AND e.recorded_at = j.recorded_at
                          AND e.kind IN ('sale', 'top_up')))
FROM journal j
WHERE j.kind = 'acted' AND (SELECT sum((part #>> '{}')::bigint)
                            FROM json_array_elements(j.payload #> '{sold,3}') WITH ORDINALITY AS t (part, n)
                            WHERE n BETWEEN 4 AND 7) > 0

-- name: doctor_keys
-- Every answer that was kept points to an event.
SELECT count(*), count(*) FILTER (WHERE NOT EXISTS (
  SELECT FROM journal j WHERE j.bucket = k.bucket AND j.subject = k.subject AND j.seq = k.seq))
FROM keys k

-- name: doctor_journal
-- Every line and account is at its journal's last event.
SELECT count(*), count(*) FILTER (
  WHERE coalesce(r.version, 0) <> coalesce(j.events, 0) OR coalesce(r.version, 0) <> coalesce(j.last, 0)
     OR (r.version > 0 AND NOT EXISTS (
       SELECT FROM journal e WHERE e.bucket = r.bucket AND e.subject = r.subject AND e.seq = r.version
                               AND e.hash = r.head)))
FROM (SELECT bucket, number AS subject, version, head FROM lines
      UNION ALL SELECT bucket, account, version, head FROM accounts) AS r
FULL JOIN (SELECT bucket, subject, count(*) AS events, max(seq) AS last FROM journal GROUP BY 1, 2) AS j
  USING (bucket, subject)

-- name: doctor_tenures
-- No number has two holders at one time.
SELECT count(*), count(*) FILTER (WHERE since < ended OR open > 1)
FROM (SELECT since, lag(coalesce(until, 'infinity')) OVER w AS ended,
             count(*) FILTER (WHERE until IS NULL) OVER (PARTITION BY bucket, number) AS open
      FROM tenures WINDOW w AS (PARTITION BY bucket, number ORDER BY epoch)) AS t

-- name: doctor_holders
-- Every line says of its holder what its open tenure says; one in stock has none.
SELECT count(*), count(*) FILTER (
  WHERE coalesce(l.epoch, 0) <> coalesce(t.epoch, 0) OR coalesce(l.holder, '') <> coalesce(t.holder, ''))
FROM lines l
FULL JOIN (SELECT * FROM tenures WHERE until IS NULL) AS t USING (bucket, number)

-- name: doctor_holdings
-- Every holder has as many lines with an operator as are counted.
SELECT count(*), count(*) FILTER (WHERE coalesce(h.cards, 0) <> coalesce(t.cards, 0))
FROM holdings h
FULL JOIN (SELECT holder, operator, count(*) AS cards FROM lines WHERE holder <> '' GROUP BY 1, 2) AS t
  USING (holder, operator)

-- name: doctor_cards
-- Every card is in the directory for its line, and none for another.
SELECT count(*), count(*) FILTER (WHERE l.number IS NULL OR c.number IS NULL OR l.number <> c.number)
FROM (SELECT * FROM cards WHERE kind = 'iccid') AS c
FULL JOIN (SELECT iccid AS identifier, number FROM lines WHERE iccid <> '') AS l USING (identifier)

-- name: doctor_due
-- Every line is looked at when its row says.
SELECT count(*), count(*) FILTER (WHERE l.due_at IS DISTINCT FROM d.at OR l.number IS NULL)
FROM (SELECT * FROM lines WHERE due_at IS NOT NULL) AS l
FULL JOIN due d USING (bucket, number)

-- name: doctor_boundaries
-- Every line has its way through the stages, by a ladder that is named.
SELECT count(*), count(*) FILTER (WHERE l.number IS NULL OR b.number IS NULL OR NOT EXISTS (
  SELECT FROM ladders r WHERE r.ladder = b.ladder AND jsonb_array_length(r.stages) = cardinality(b.starts)))
FROM lines l
FULL JOIN boundaries b USING (bucket, number)

-- name: doctor_orders
-- Every standing order that goes on is one of its line's open tenure, and stands as its line does; none is missing.
SELECT count(*), count(*) FILTER (
  WHERE o.number IS NULL OR l.number IS NULL OR o.epoch <> l.epoch OR o.version <> l.version OR o.id::text <> l.id)
FROM (SELECT bucket, number, epoch, version, state #>> '{16,order,id}' AS id FROM lines
      WHERE state #> '{16,order}' IS NOT NULL AND state #> '{16,order,stopped_at}' IS NULL) AS l
FULL JOIN standing_orders o USING (bucket, number)

-- name: doctor_promotions
-- No promotion has given more than it may.
SELECT count(*), count(*) FILTER (WHERE uses > uses_max OR cost_minor > budget_max_minor)
FROM promotion_totals

-- name: doctor_deferrals
-- What is deferred in the books is what the schedules still have to release.
SELECT count(*), count(*) FILTER (WHERE coalesce(d.total, 0) <> coalesce(p.total, 0))
FROM (SELECT bucket, plan, currency, sum(amount) AS total
      FROM deferrals, unnest(amounts) AS amount GROUP BY 1, 2, 3) AS d
FULL JOIN (SELECT bucket, split_part(account, ':', 2) AS plan, currency, -sum(amount) AS total
           FROM entries, unnest(accounts, amounts) AS p (account, amount)
           WHERE account LIKE 'deferred:%%' GROUP BY 1, 2, 3) AS p
  USING (bucket, plan, currency)

-- name: doctor_epochs
-- No effect is owed to a tenure that the number has not had.
SELECT count(*), count(*) FILTER (WHERE e.epoch > 0 AND NOT EXISTS (
  SELECT FROM tenures t WHERE t.bucket = e.bucket AND t.number = e.subject AND t.epoch = e.epoch))
FROM effects e

-- name: doctor_effects
-- No effect is an hour late, or has failed ten times.
SELECT count(*), count(*) FILTER (WHERE due_at < (SELECT clock_timestamp() + clock_offset FROM house)
                                                 - interval '1 hour' OR tries > 10)
FROM effects

-- name: doctor_messages
-- No message to a holder has waited for a day.
SELECT count(*), count(*) FILTER (WHERE made_at < (SELECT clock_timestamp() + clock_offset FROM house)
                                                 - interval '1 day')
FROM messages WHERE state = 'waiting'

-- name: doctor_late
-- No line has been due for more than a day.
SELECT count(*), count(*) FILTER (WHERE at < (SELECT clock_timestamp() + clock_offset FROM house)
                                             - interval '1 day')
FROM due

-- name: doctor_parked
-- No ask waits for a person.
SELECT count(*), count(*) FROM parked

-- === agents ==========================================================================================

-- name: read_agents
-- Read the register of agents.
SELECT agent, name, operators, currency, tier, is_active, float_alarm_minor FROM agents ORDER BY agent

-- name: read_agent
-- Read one agent.
SELECT agent, name, operators, currency, tier, is_active, float_alarm_minor FROM agents
WHERE bucket = %b AND agent = %b

-- name: insert_agent
-- Register an agent, once.
INSERT INTO agents (bucket, agent, name, operators, currency, tier, is_active, float_alarm_minor, since)
SELECT %b, %b, %b, %b::text[], %b, %b, %b, %b, clock_timestamp() + clock_offset FROM house
ON CONFLICT (bucket, agent) DO NOTHING

-- name: update_agent
-- Give an agent other terms.
UPDATE agents SET name = %b, operators = %b::text[], currency = %b, tier = %b, is_active = %b,
                  float_alarm_minor = %b
WHERE bucket = %b AND agent = %b

-- === keys of machines ================================================================================

-- name: read_credential
-- Read a key by its id.
SELECT id, owner, label, is_sandbox, verifier, scopes, networks, signing, per_second, per_day, created_at,
       ends_at, last_used_at, cards, kinds
FROM credentials WHERE id = %b

-- name: read_credentials
-- Read the keys of a principal.
SELECT id, owner, label, is_sandbox, verifier, scopes, networks, signing, per_second, per_day, created_at,
       ends_at, last_used_at, cards, kinds
FROM credentials WHERE bucket = %b AND owner = %b ORDER BY created_at DESC, id

-- name: insert_credential
-- Keep a new key in one of the two places that its label has; none is free: nothing is written.
INSERT INTO credentials (bucket, id, owner, label, is_sandbox, verifier, scopes, networks, signing, per_second,
                         per_day, cards, kinds, place, created_at)
SELECT %b::smallint, %b::text, %b::text, %b::text, %b::bool, %b::bytea, %b::text[], %b::text[], %b::text, %b::int,
       %b::int, %b::text[], %b::text[], free.place, clock_timestamp() + clock_offset
FROM house, LATERAL (
    SELECT place FROM (VALUES (1::smallint), (2::smallint)) AS p (place)
    WHERE NOT EXISTS (SELECT FROM credentials c WHERE c.bucket = %b AND c.owner = %b AND c.label = %b
                                                  AND c.place = p.place)
    ORDER BY place LIMIT 1) AS free
ON CONFLICT DO NOTHING

-- name: end_credential
-- Put a key away from an instant on, never later than was said before; its place is free at once.
UPDATE credentials SET place = NULL, ends_at = least(coalesce(ends_at, %b), %b) WHERE bucket = %b AND id = %b

-- name: touch_credentials
-- Note when keys were last used.
UPDATE credentials c
SET last_used_at = (SELECT clock_timestamp() + clock_offset FROM house)
FROM unnest(%b::smallint[], %b::text[], %b::text[], %b::bigint[]) AS t (bucket, owner, id, requests)
WHERE c.bucket = t.bucket AND c.id = t.id

-- name: count_credentials
-- Count what keys asked today, and tell how much it is in all.
INSERT INTO credential_days AS d (day, bucket, owner, id, requests)
SELECT %b::date, t.* FROM unnest(%b::smallint[], %b::text[], %b::text[], %b::bigint[]) AS t
ON CONFLICT (bucket, id, day) DO UPDATE SET requests = d.requests + excluded.requests
RETURNING d.id, d.requests

-- name: insert_request
-- Take a key for a write without the door; whoever has it already keeps it.
INSERT INTO requests (bucket, principal, key, body, recorded_at)
SELECT %b::smallint, %b::text, %b::text, %b::bytea, clock_timestamp() + clock_offset FROM house
ON CONFLICT (bucket, principal, key) DO NOTHING

-- name: read_request
-- Read what was asked and answered under a key.
SELECT body, answer FROM requests WHERE bucket = %b AND principal = %b AND key = %b

-- name: end_request
-- Keep what was answered under a key.
UPDATE requests SET answer = %b::json WHERE bucket = %b AND principal = %b AND key = %b

-- name: find_safety
-- Find until when these numbers are safe, and how far each is on its way now.
SELECT l.number, l.operator, l.plan, l.version, l.safe_until, b.ladder, width_bucket(h.now, b.starts)
FROM (SELECT clock_timestamp() + clock_offset AS now FROM house) AS h,
     unnest(%b::smallint[], %b::text[]) AS t (bucket, number)
JOIN lines l USING (bucket, number)
JOIN boundaries b USING (bucket, number)

-- === hand-over =======================================================================================

-- name: forget_handovers
-- Forget the links of a bucket that ended a day ago.
DELETE FROM handovers
WHERE bucket = %b AND until < (SELECT clock_timestamp() + clock_offset - interval '1 day' FROM house)

-- name: insert_handover
-- Keep a link into the open tenure of an operator's line; where there is none, nothing is written.
INSERT INTO handovers (bucket, digest, number, epoch, operator, until)
SELECT l.bucket, %b, l.number, t.epoch, l.operator, clock_timestamp() + clock_offset + %b
FROM house, lines l JOIN tenures t USING (bucket, number)
WHERE l.bucket = %b AND l.number = %b AND l.operator = %b AND t.until IS NULL
RETURNING until

-- name: use_handover
-- Use a link once, in time, while its tenure is the open one; the tenure is held open until the caller commits.
WITH held AS (
    SELECT t.bucket, t.number, t.epoch
    FROM handovers h JOIN tenures t USING (bucket, number, epoch)
    WHERE h.bucket = %b AND h.digest = %b AND t.until IS NULL
    FOR SHARE OF t)
UPDATE handovers h SET used_at = clock.now
FROM held, (SELECT clock_timestamp() + clock_offset AS now FROM house) AS clock
WHERE h.bucket = held.bucket AND h.digest = %b AND h.used_at IS NULL AND clock.now < h.until
RETURNING h.number, h.epoch
-- === what agents earn ================================================================================

-- name: sum_owed
-- Sum up what is owed of commission or refunds, or claimed (below zero), to be sent after the floats and advances were locked.
SELECT t.account, coalesce(-sum(p.amount), 0)::bigint
FROM unnest(%b::smallint[], %b::text[]) AS t (bucket, account)
LEFT JOIN LATERAL (SELECT x.amount FROM entries e, unnest(e.accounts, e.amounts) AS x (account, amount)
                   WHERE e.bucket = t.bucket AND x.account = t.account) AS p ON true
GROUP BY t.account

-- name: insert_agent_sales
-- Write what agents sold, and what was taken back, one instant for all.
INSERT INTO agent_sales (recorded_at, bucket, agent, ask, n, number, epoch, verb, plan, currency, total_minor,
                         commission_minor, service_fee_minor, of)
SELECT %b::timestamptz, t.*
FROM unnest(%b::smallint[], %b::text[], %b::uuid[], %b::smallint[], %b::text[], %b::int[], %b::text[], %b::text[],
            %b::text[], %b::bigint[], %b::bigint[], %b::bigint[], %b::uuid[]) AS t

-- name: sum_agent_books
-- Sum up what was posted to an agent's accounts, by kind, before an instant and from there to another.
SELECT p.account, e.recorded_at < %b AS is_before, e.kind,
       coalesce(sum(p.amount) FILTER (WHERE p.amount > 0), 0)::bigint,
       coalesce(-sum(p.amount) FILTER (WHERE p.amount < 0), 0)::bigint
FROM entries e CROSS JOIN LATERAL unnest(e.accounts, e.amounts) AS p (account, amount)
WHERE e.bucket = %b AND e.recorded_at < %b AND p.account = ANY (%b::text[])
GROUP BY 1, 2, 3

-- name: sum_agent_sales
-- Sum up what an agent sold between two instants, by what and of which plan, and what was taken back.
SELECT verb, plan, of IS NOT NULL, count(*), sum(total_minor)::bigint, sum(commission_minor)::bigint,
       sum(service_fee_minor)::bigint
FROM agent_sales
WHERE bucket = %b AND agent = %b AND currency = %b AND recorded_at >= %b AND recorded_at < %b
GROUP BY 1, 2, 3 ORDER BY 3, 1, 2

-- name: list_agent_sales
-- List what an agent sold between two instants, and what was taken back.
SELECT recorded_at, ask, n, number, epoch, verb, plan, currency, total_minor, commission_minor,
       service_fee_minor, of
FROM agent_sales
WHERE bucket = %b AND agent = %b AND recorded_at >= %b AND recorded_at < %b
ORDER BY recorded_at, ask, n

-- name: doctor_commissions
-- What agents' sales say they earned is what the books say.
SELECT count(*), count(*) FILTER (WHERE coalesce(s.total, 0) <> coalesce(p.total, 0))
FROM (SELECT bucket, agent, currency, sum(commission_minor) AS total FROM agent_sales GROUP BY 1, 2, 3) AS s
FULL JOIN (SELECT bucket, split_part(account, ':', 2) COLLATE "C" AS agent, currency, -sum(amount) AS total
           FROM entries, unnest(accounts, amounts) AS p (account, amount)
           WHERE kind IN ('commission', 'clawback') AND account LIKE 'commission_owed:%%'
           GROUP BY 1, 2, 3) AS p USING (bucket, agent, currency)
-- === charges =========================================================================================

-- name: insert_charges
-- Owe an operator's own charging system what was sold.
INSERT INTO charges (bucket, number, id, operator, state, since)
SELECT bucket, number, id, operator, 'pending', since
FROM unnest(%b::smallint[], %b::text[], %b::uuid[], %b::text[], %b::timestamptz[])
  AS t (bucket, number, id, operator, since)

-- name: claim_charges
-- Claim charges that are due, of each number the first that is owed; others take what is left.
UPDATE effects e
SET lease = %b, tries = tries + 1
FROM (SELECT bucket, id FROM effects f
      WHERE kind = 'charge' AND due_at <= %b AND (lease IS NULL OR lease <= %b) AND (SELECT is_open FROM house)
        AND NOT EXISTS (SELECT FROM effects p WHERE p.kind = 'charge' AND p.bucket = f.bucket
                                                AND p.subject = f.subject
                                                AND (p.data ->> 'act') COLLATE "C" < (f.data ->> 'act') COLLATE "C")
      ORDER BY due_at, bucket, id LIMIT %b FOR UPDATE SKIP LOCKED) AS t
WHERE e.bucket = t.bucket AND e.id = t.id
RETURNING e.bucket, e.id, e.subject, e.epoch, e.kind, e.due_at, e.tries, e.data

-- name: read_charge
-- Read what has become of a charge.
SELECT number, id, operator, state, since, tries, last_at, their_id, their_at, code
FROM charges WHERE bucket = %b AND number = %b AND id = %b

-- name: move_charge
-- Note what has become of a charge, and since when it is so.
UPDATE charges
SET since = CASE WHEN state = %b THEN since ELSE %b::timestamptz END, state = %b, tries = %b, last_at = %b,
    their_id = %b, their_at = %b, code = %b
WHERE bucket = %b AND number = %b AND id = %b

-- name: list_charges
-- List charges, the oldest first, of one operator and in one state or of all.
SELECT number, id, operator, state, since, tries, last_at, their_id, their_at, code
FROM charges WHERE operator = coalesce(%b, operator) AND state = coalesce(%b, state)
ORDER BY since, bucket, number, id

-- name: list_states_of
-- List the lines of some operators as they stand.
SELECT state FROM lines WHERE operator = ANY(%b::text[]) ORDER BY bucket, number
-- === what agents hold: cards in stock, their float, their customers ==================================

-- name: delete_allotments
-- Take cards out of agents' stocks.
DELETE FROM allotments a
USING unnest(%b::smallint[], %b::text[], %b::text[]) AS t (bucket, agent, number)
WHERE a.bucket = t.bucket AND a.agent = t.agent AND a.number = t.number

-- name: insert_allotments
-- Put cards into agents' stocks.
INSERT INTO allotments (bucket, agent, number, since)
SELECT * FROM unnest(%b::smallint[], %b::text[], %b::text[], %b::timestamptz[])

-- name: put_customers
-- Remember to which tenures agents have sold; what is known is passed over, for a conflict would lock its row.
INSERT INTO customers AS c (bucket, agent, number, epoch, since)
SELECT t.* FROM unnest(%b::smallint[], %b::text[], %b::text[], %b::int[], %b::timestamptz[])
  AS t (bucket, agent, number, epoch, since)
WHERE NOT EXISTS (SELECT FROM customers k WHERE k.bucket = t.bucket AND k.agent = t.agent
                                            AND k.number = t.number AND k.epoch = t.epoch)
ON CONFLICT (bucket, agent, number) DO UPDATE SET epoch = excluded.epoch, since = excluded.since

-- name: list_stock
-- List the cards in an agent's stock, by number, after one of them.
SELECT a.number, l.iccid, l.plan, a.since
FROM allotments a JOIN lines l ON l.bucket = baohao_bucket(a.number) AND l.number = a.number
WHERE a.bucket = %b AND a.agent = %b AND a.number > %b
ORDER BY a.number LIMIT %b

-- name: count_stock
-- Count the cards in an agent's stock by plan.
SELECT l.plan, count(*)
FROM allotments a JOIN lines l ON l.bucket = baohao_bucket(a.number) AND l.number = a.number
WHERE a.bucket = %b AND a.agent = %b
GROUP BY l.plan ORDER BY l.plan

-- name: list_customers_due
-- List the numbers of an agent's customers that are lost before an instant, the first to be lost first, after one
-- of them.
SELECT c.number, l.plan, l.pin, l.safe_until,
       r.stages ->> (greatest(width_bucket(%b::timestamptz, b.starts), 1) - 1) AS stage
FROM customers c
JOIN lines l ON l.bucket = baohao_bucket(c.number) AND l.number = c.number AND l.epoch = c.epoch
JOIN boundaries b ON b.bucket = l.bucket AND b.number = l.number
JOIN ladders r USING (ladder)
WHERE c.bucket = %b AND c.agent = %b AND l.safe_until < %b
  AND (l.safe_until, c.number) > (%b::timestamptz, %b)
ORDER BY l.safe_until, c.number LIMIT %b

-- name: find_owned
-- Find which of these numbers are an agent's customers, or cards in its stock.
SELECT t.number, true
FROM unnest(%b::smallint[], %b::text[]) AS t (bucket, number)
JOIN lines l USING (bucket, number)
JOIN customers c ON c.bucket = %b AND c.agent = %b AND c.number = t.number AND c.epoch = l.epoch
UNION ALL
SELECT t.number, false
FROM unnest(%b::text[]) AS t (number)
JOIN allotments a ON a.bucket = %b AND a.agent = %b AND a.number = t.number

-- name: sum_spending
-- Sum up what was paid from an account since two instants, less what came back.
SELECT coalesce(sum(amount), 0)::bigint, coalesce(sum(amount) FILTER (WHERE recorded_at >= %b), 0)::bigint
FROM entries, unnest(accounts, amounts) AS p (account, amount)
WHERE recorded_at >= %b AND bucket = %b AND subject = %b AND kind = 'transfer' AND account = subject

-- name: list_days_of_float
-- List by how much an agent's float grew on each day of a zone since an instant.
SELECT (recorded_at AT TIME ZONE %b)::date AS day, -sum(amount)::bigint
FROM entries, unnest(accounts, amounts) AS p (account, amount)
WHERE recorded_at >= %b AND bucket = %b AND account = %b
GROUP BY 1

-- name: read_balance
-- Read a guarded account's balance.
SELECT balance_minor FROM accounts WHERE bucket = %b AND account = %b

-- name: find_low_floats
-- Find the agents whose float is below their alarm, with what they have.
SELECT g.agent, coalesce(a.balance_minor, 0)
FROM agents g
LEFT JOIN accounts a ON a.bucket = g.bucket AND a.account = 'float:' || g.agent || ':' || g.currency
WHERE g.is_active AND g.float_alarm_minor > coalesce(a.balance_minor, 0)
ORDER BY g.agent

-- name: doctor_allotments
-- Every card that a line says an agent has is in the directory of that agent, and no other.
SELECT count(*), count(*) FILTER (WHERE l.number IS NULL OR a.number IS NULL)
FROM (SELECT number, (state #>> '{16,agent}') COLLATE "C" AS agent FROM lines
      WHERE state #>> '{16,agent}' IS NOT NULL) AS l
FULL JOIN allotments a USING (number, agent)
-- === files in the background =========================================================================

-- name: insert_bulk_file
-- Begin to take a file in.
INSERT INTO bulk_files (bucket, id, principal, key, channel, format, usual, state, created_at)
SELECT %b, %b, %b, %b, %b, %b, %b::json, 'arriving', clock_timestamp() + clock_offset FROM house
ON CONFLICT (bucket, id) DO NOTHING

-- name: insert_bulk_part
-- Take the next rows of a file in, once.
INSERT INTO bulk_parts (bucket, id, part, principal, body) VALUES (%b, %b, %b, %b, %b)
ON CONFLICT (bucket, id, part) DO NOTHING

-- name: seal_bulk_file
-- Let a file that is all there wait for a worker, to be looked at first where that was asked for; one without rows is
-- done.
UPDATE bulk_files
SET digest = %b, rows = %b, parts = t.parts,
    state = CASE WHEN t.parts = 0 THEN 'done' WHEN usual ->> 'checks' <> '' THEN 'checking' ELSE 'waiting' END,
    ended_at = CASE WHEN t.parts = 0 THEN clock_timestamp() + clock_offset END
FROM house, (VALUES (%b::int)) AS t (parts)
WHERE bucket = %b AND id = %b AND state = 'arriving'

-- name: drop_bulk_file
-- Forget a file that did not arrive.
WITH gone AS (
    DELETE FROM bulk_files WHERE bucket = %b AND id = %b AND state = 'arriving' RETURNING bucket, id
)
DELETE FROM bulk_parts p USING gone g WHERE p.bucket = g.bucket AND p.id = g.id

-- name: drop_bulk_files
-- Forget files that began to arrive a day ago and never did.
WITH gone AS (
    DELETE FROM bulk_files f USING house
    WHERE f.state = 'arriving' AND f.created_at < clock_timestamp() + clock_offset - interval '1 day'
    RETURNING f.bucket, f.id
)
DELETE FROM bulk_parts p USING gone g WHERE p.bucket = g.bucket AND p.id = g.id

-- name: read_bulk_file
-- Read how one file of a principal is.
SELECT id, principal, key, channel, format, usual, digest, state, rows, parts, at, done, refused, created_at,
       started_at, ended_at, reason, good, wrong, total_minor, uses
FROM bulk_files WHERE bucket = %b AND id = %b AND principal = %b

-- name: find_bulk_file
-- Find the file that a principal sent under a key.
SELECT id, principal, key, channel, format, usual, digest, state, rows, parts, at, done, refused, created_at,
       started_at, ended_at, reason, good, wrong, total_minor, uses
FROM bulk_files WHERE bucket = %b AND principal = %b AND key = %b AND state <> 'arriving'

-- name: list_bulk_files
-- List the files of a principal, the newest first.
SELECT id, principal, key, channel, format, usual, digest, state, rows, parts, at, done, refused, created_at,
       started_at, ended_at, reason, good, wrong, total_minor, uses
FROM bulk_files WHERE bucket = %b AND principal = %b AND state <> 'arriving' AND id < %b
ORDER BY id DESC LIMIT %b

-- name: find_open_bulk_files
-- Find the files that are not done, the oldest first.
SELECT principal, id FROM bulk_files WHERE state IN ('checking', 'waiting', 'working') ORDER BY created_at, bucket, id

-- name: find_sent_bulk_file
-- Find the last file of the same content that a principal let be worked through before another.
SELECT id, principal, key, channel, format, usual, digest, state, rows, parts, at, done, refused, created_at,
       started_at, ended_at, reason, good, wrong, total_minor, uses
FROM bulk_files
WHERE bucket = %b AND principal = %b AND digest = %b AND id <> %b AND started_at IS NOT NULL AND state <> 'arriving'
ORDER BY id DESC LIMIT 1

-- name: foresee_bulk_part
-- Keep what would become of a part's rows.
UPDATE bulk_parts SET foreseen = %b, wrong = %b WHERE bucket = %b AND id = %b AND part = %b

-- name: count_foreseen_bulk_part
-- Count a part that was looked at; after the last one the file waits for whoever sent it.
UPDATE bulk_files
SET at = at + 1, good = good + %b, wrong = wrong + %b, total_minor = total_minor + %b, uses = %b::json,
    state = CASE WHEN at + 1 = parts THEN 'checked' ELSE state END
WHERE bucket = %b AND id = %b AND at = %b AND state = 'checking'

-- name: confirm_bulk_file
-- Let a file that was looked at be worked through.
UPDATE bulk_files SET state = 'waiting', at = 0 WHERE bucket = %b AND id = %b AND state = 'checked'

-- name: check_bulk_file
-- Let a file be looked at once more, from its first row.
UPDATE bulk_files SET state = 'checking', at = 0, good = 0, wrong = 0, total_minor = 0, uses = '{}'
WHERE bucket = %b AND id = %b AND state = 'checked'

-- name: unsee_bulk_parts
-- Forget what would become of the rows of a file.
UPDATE bulk_parts SET foreseen = NULL, wrong = 0 WHERE bucket = %b AND id = %b

-- name: read_bulk_foreseen
-- Read what would become of the rows of some parts from one on, of those that some go wrong in or of all.
SELECT part, foreseen FROM bulk_parts
WHERE bucket = %b AND id = %b AND part >= %b AND foreseen IS NOT NULL AND wrong >= %b ORDER BY part LIMIT %b

-- name: start_bulk_file
-- Note that a worker has begun.
UPDATE bulk_files SET state = 'working', started_at = clock_timestamp() + clock_offset
FROM house WHERE bucket = %b AND id = %b AND state = 'waiting'

-- name: read_bulk_part
-- Read the rows of a part, and what would become of them as far as somebody looked.
SELECT body, foreseen FROM bulk_parts WHERE bucket = %b AND id = %b AND part = %b

-- name: finish_bulk_part
-- Keep what became of a part's rows, in place of the rows.
UPDATE bulk_parts SET outcome = %b, body = ''
WHERE bucket = %b AND id = %b AND part = %b AND outcome IS NULL

-- name: advance_bulk_file
-- Count a part that is done; after the last one the file is.
UPDATE bulk_files
SET at = at + 1, done = done + %b, refused = refused + %b,
    state = CASE WHEN state = 'working' AND at + 1 = parts THEN 'done' ELSE state END,
    ended_at = CASE WHEN state = 'working' AND at + 1 = parts THEN clock_timestamp() + clock_offset
                    ELSE ended_at END
FROM house WHERE bucket = %b AND id = %b AND at = %b

-- name: end_bulk_file
-- Let nobody go on with a file.
UPDATE bulk_files SET state = %b, reason = %b, ended_at = clock_timestamp() + clock_offset
FROM house WHERE bucket = %b AND id = %b AND state IN ('checking', 'checked', 'waiting', 'working')

-- name: read_bulk_outcomes
-- Read what became of the rows of the parts after one.
SELECT part, outcome FROM bulk_parts
WHERE bucket = %b AND id = %b AND part > %b AND outcome IS NOT NULL ORDER BY part LIMIT %b
-- === the feed ========================================================================================

-- name: read_listeners
-- Read who listens.
SELECT listener FROM listeners

-- name: read_listener
-- Read how far the feed of a listener has come.
SELECT last_seq FROM listeners WHERE bucket = %b AND listener = %b

-- name: insert_listener
-- Listen from now on.
INSERT INTO listeners (bucket, listener, last_seq, since)
SELECT %b, %b, 0, clock_timestamp() + clock_offset FROM house
ON CONFLICT (bucket, listener) DO NOTHING

-- name: take_events
-- Take events off what is owed, the earliest first. Who comes second waits for the first to be done, and
-- does not skip its rows: else two would tell what happened to one line the wrong way round.
WITH t AS MATERIALIZED (
    SELECT bucket, id FROM effects
    WHERE kind = 'event' AND due_at <= %b AND (SELECT is_open FROM house)
    ORDER BY due_at, bucket, id LIMIT %b FOR UPDATE
)
DELETE FROM effects e USING t
WHERE e.bucket = t.bucket AND e.id = t.id
RETURNING e.id, e.subject, e.due_at, e.data

-- name: lock_listeners
-- Lock the feeds of listeners in one order.
SELECT l.listener, l.last_seq
FROM unnest(%b::smallint[], %b::text[]) AS t (bucket, listener)
JOIN listeners l USING (bucket, listener)
ORDER BY bucket, listener
FOR UPDATE OF l

-- name: find_told
-- Find which of these events stand in the feed already.
SELECT f.listener, f.id
FROM unnest(%b::smallint[], %b::text[], %b::uuid[]) AS t (bucket, listener, id)
JOIN feed f USING (bucket, listener, id)

-- name: insert_feed
-- Write events into the feeds.
INSERT INTO feed (bucket, listener, seq, id, at, type, data)
SELECT * FROM unnest(%b::smallint[], %b::text[], %b::bigint[], %b::uuid[], %b::timestamptz[], %b::text[],
                     %b::json[])

-- name: update_listeners
-- Say how far feeds have come.
UPDATE listeners l
SET last_seq = t.last_seq
FROM unnest(%b::smallint[], %b::text[], %b::bigint[]) AS t (bucket, listener, last_seq)
WHERE l.bucket = t.bucket AND l.listener = t.listener

-- name: read_feed
-- Read events after a place, of some types or of all.
SELECT seq, id, at, type, data FROM feed
WHERE bucket = %b AND listener = %b AND seq > %b AND seq <= %b
  AND (cardinality(%b::text[]) = 0 OR type = ANY (%b::text[]))
ORDER BY seq LIMIT %b

-- === endpoints: where events are sent ================================================================

-- name: read_endpoints
-- Read the endpoints of one listener, or of all, with how far each has come.
SELECT e.listener, e.endpoint, e.url, e.types, e.state, e.secrets, e.last_outcome, e.created_at, c.next_seq,
       c.tries, c.first_failed_at, c.next_try_at, l.last_seq,
       (SELECT count(*) FROM cursors r
        WHERE (r.bucket, r.listener, r.endpoint) = (e.bucket, e.listener, e.endpoint) AND r.cursor <> r.endpoint)
FROM endpoints e
JOIN cursors c ON (c.bucket, c.listener, c.endpoint, c.cursor) = (e.bucket, e.listener, e.endpoint, e.endpoint)
JOIN listeners l ON (l.bucket, l.listener) = (e.bucket, e.listener)
WHERE %b::text IS NULL OR (e.bucket = %b AND e.listener = %b)
ORDER BY e.listener, e.created_at, e.endpoint

-- name: lock_endpoint
-- Lock one endpoint to change it.
SELECT url, types, state, secrets FROM endpoints
WHERE bucket = %b AND listener = %b AND endpoint = %b FOR UPDATE

-- name: insert_endpoint
-- Add an endpoint.
INSERT INTO endpoints (bucket, listener, endpoint, url, types, state, secrets, created_at)
SELECT %b, %b, %b, %b, %b::text[], 'live', %b::jsonb, clock_timestamp() + clock_offset FROM house

-- name: update_endpoint
-- Change an endpoint that is locked.
UPDATE endpoints SET url = %b, types = %b::text[], state = %b, secrets = %b::jsonb
WHERE bucket = %b AND listener = %b AND endpoint = %b

-- name: delete_endpoint
-- Remove an endpoint and its cursors.
DELETE FROM endpoints WHERE bucket = %b AND listener = %b AND endpoint = %b

-- name: insert_cursor
-- Begin to send at a place, once: without an end, or to the end of a replay.
INSERT INTO cursors (bucket, listener, endpoint, cursor, next_seq, until_seq, next_try_at)
SELECT %b, %b, %b, %b, %b, %b::bigint, clock_timestamp() + clock_offset FROM house
ON CONFLICT (bucket, listener, endpoint, cursor) DO NOTHING

-- name: retry_cursors
-- Try again at once what an endpoint has missed.
UPDATE cursors c
SET tries = 0, first_failed_at = NULL, next_try_at = clock_timestamp() + clock_offset
FROM house
WHERE c.bucket = %b AND c.listener = %b AND c.endpoint = %b

-- name: claim_endpoints
-- Claim endpoints that have something to be sent, for as long as the lease says, whoever waits longest first.
-- A house that is closed sends nothing.
WITH t AS MATERIALIZED (
    SELECT e.bucket, e.listener, e.endpoint FROM endpoints e
    WHERE e.state = 'live' AND (e.lease IS NULL OR e.lease <= %b) AND (SELECT is_open FROM house)
      AND EXISTS (SELECT FROM cursors c JOIN listeners l USING (bucket, listener)
                  WHERE (c.bucket, c.listener, c.endpoint) = (e.bucket, e.listener, e.endpoint)
                    AND c.next_try_at <= %b AND c.next_seq <= l.last_seq)
    ORDER BY e.lease NULLS FIRST, e.bucket, e.listener, e.endpoint LIMIT %b FOR UPDATE OF e SKIP LOCKED
)
UPDATE endpoints e
SET lease = %b, claims = claims + 1
FROM t
WHERE (e.bucket, e.listener, e.endpoint) = (t.bucket, t.listener, t.endpoint)
RETURNING e.listener, e.endpoint, e.claims, e.url, e.types, e.secrets

-- name: read_due_cursors
-- Read where an endpoint goes on now; what happens comes before what is replayed.
SELECT c.cursor, c.next_seq, least(c.until_seq, l.last_seq), c.until_seq, c.tries, c.first_failed_at
FROM cursors c JOIN listeners l USING (bucket, listener)
WHERE c.bucket = %b AND c.listener = %b AND c.endpoint = %b AND c.next_try_at <= %b
  AND c.next_seq <= l.last_seq
ORDER BY (c.cursor = c.endpoint) DESC, c.cursor

-- name: release_endpoint
-- Give an endpoint back, unless the lease has gone to somebody else meanwhile.
UPDATE endpoints
SET lease = %b, last_outcome = coalesce(%b, last_outcome),
    state = CASE WHEN %b AND state = 'live' THEN 'dead' ELSE state END
WHERE bucket = %b AND listener = %b AND endpoint = %b AND claims = %b

-- name: move_cursor
-- Say how far a cursor has come, and when it is tried again.
UPDATE cursors SET next_seq = %b, tries = %b, first_failed_at = %b, next_try_at = %b
WHERE bucket = %b AND listener = %b AND endpoint = %b AND cursor = %b

-- name: delete_cursor
-- End a replay.
DELETE FROM cursors WHERE bucket = %b AND listener = %b AND endpoint = %b AND cursor = %b

-- name: doctor_feed
-- Every feed is without gaps, up to where its counter says.
SELECT count(*), count(*) FILTER (WHERE coalesce(l.last_seq, -1) <> coalesce(f.events, 0)
                                     OR coalesce(l.last_seq, -1) <> coalesce(f.last, 0))
FROM listeners l
FULL JOIN (SELECT bucket, listener, count(*) AS events, max(seq) AS last FROM feed GROUP BY 1, 2) AS f
  USING (bucket, listener)

-- === standing orders =================================================================================

-- name: put_standing_orders
-- Write what standing orders do next.
INSERT INTO standing_orders (bucket, number, epoch, id, channel, payer, version, step, deadline, step_at, next_at)
SELECT * FROM unnest(%b::smallint[], %b::text[], %b::int[], %b::uuid[], %b::text[], %b::text[], %b::int[],
                     %b::text[], %b::timestamptz[], %b::timestamptz[], %b::timestamptz[])
ON CONFLICT (bucket, number) DO UPDATE
SET epoch = excluded.epoch, id = excluded.id, channel = excluded.channel, payer = excluded.payer,
    version = excluded.version, step = excluded.step, deadline = excluded.deadline, step_at = excluded.step_at,
    next_at = excluded.next_at

-- name: delete_standing_orders
-- Take away standing orders that were stopped, or whose tenure is over.
DELETE FROM standing_orders o
USING unnest(%b::smallint[], %b::text[]) AS t (bucket, number)
WHERE o.bucket = t.bucket AND o.number = t.number

-- name: find_standing_orders
-- Find standing orders that are due, the earliest first.
SELECT bucket, number, epoch, id, channel, payer, version, step, deadline, step_at FROM standing_orders
WHERE next_at <= %b ORDER BY next_at, bucket, number LIMIT %b

-- name: find_standing_orders_after
-- Find standing orders that are due, the earliest first, behind one of them.
SELECT bucket, number, epoch, id, channel, payer, version, step, deadline, step_at FROM standing_orders
WHERE next_at <= %b AND (next_at, bucket, number) > (%b, %b, %b) ORDER BY next_at, bucket, number LIMIT %b

-- name: find_standing_order
-- Find whose standing order this is.
SELECT number FROM standing_orders WHERE bucket = %b AND id = %b

-- name: list_standing_orders_of
-- List the standing orders that an account pays, by number, after one of them.
SELECT bucket, number, epoch, id, channel, payer, version, step, deadline, step_at FROM standing_orders
WHERE payer = %b AND number > %b ORDER BY number LIMIT %b

-- name: list_standing_orders
-- List standing orders, or those that have something to do until then, the earliest first.
SELECT bucket, number, epoch, id, channel, payer, version, step, deadline, step_at FROM standing_orders
WHERE %b::timestamptz IS NULL OR step_at <= %b ORDER BY step_at NULLS LAST, bucket, number

-- === pages of the API ================================================================================

-- name: page_agent_sales
-- List what an agent sold, and what was taken back, behind one row and before an instant.
SELECT recorded_at, ask, n, number, epoch, verb, plan, currency, total_minor, commission_minor,
       service_fee_minor, of
FROM agent_sales
WHERE bucket = %b AND agent = %b AND (recorded_at, ask, n) > (%b::timestamptz, %b::uuid, %b::smallint)
  AND recorded_at < %b
ORDER BY recorded_at, ask, n LIMIT %b

-- name: read_charges
-- Read what has become of some sales in their operators' own systems.
SELECT c.number, c.id, c.operator, c.state, c.since, c.tries, c.last_at, c.their_id, c.their_at, c.code
FROM unnest(%b::smallint[], %b::text[], %b::uuid[]) AS t (bucket, number, id)
JOIN charges c USING (bucket, number, id)

-- name: page_charges
-- List the charges of an operator behind one of them, in one state or in all.
SELECT number, id, operator, state, since, tries, last_at, their_id, their_at, code
FROM charges
WHERE operator = %b AND state = coalesce(%b, state) AND (bucket, number, id) > (%b::smallint, %b, %b::uuid)
ORDER BY bucket, number, id LIMIT %b

-- name: has_to_tell
-- Say whether there is something to be told or sent, in a house that is open.
SELECT is_open AND (
    EXISTS (SELECT FROM effects WHERE kind = 'event' AND due_at <= clock_timestamp() + clock_offset)
    OR EXISTS (SELECT FROM endpoints e
               JOIN cursors c USING (bucket, listener, endpoint) JOIN listeners l USING (bucket, listener)
               WHERE e.state = 'live' AND (e.lease IS NULL OR e.lease <= clock_timestamp() + clock_offset)
                 AND c.next_try_at <= clock_timestamp() + clock_offset AND c.next_seq <= l.last_seq))
FROM house
-- === wallets =========================================================================================

-- name: list_wallets
-- List the wallets that anything was ever posted to, with what is in them.
SELECT account, balance_minor FROM accounts WHERE account LIKE 'wallet:%%' ORDER BY account

-- name: list_wallet_movements
-- List what moved a wallet behind a place, with the lines that it paid for and the balance after each.
SELECT m.recorded_at, m.id, m.kind, m.amount, m.balance::bigint, m.reason, coalesce(l.numbers, '{}')
FROM (SELECT e.recorded_at, e.id, e.kind, e.transfer, e.reason, x.account, -x.amount AS amount,
             sum(-x.amount) OVER (ORDER BY e.recorded_at, e.id) AS balance
      FROM entries e, unnest(e.accounts, e.amounts) AS x (account, amount)
      WHERE e.bucket = %b AND x.account = %b) AS m
LEFT JOIN LATERAL (
    SELECT array_agg(DISTINCT s.subject ORDER BY s.subject) AS numbers FROM entries s
    WHERE s.payer LIKE 'wallet:%%' AND s.seq > 0 AND s.payer = m.account AND s.recorded_at = m.recorded_at
      AND s.transfer = m.transfer) AS l ON true
WHERE (m.recorded_at, m.id) > (%b, %b)
ORDER BY m.recorded_at, m.id LIMIT %b

-- name: read_holding
-- Read how many lines a holder has with an operator.
SELECT cards FROM holdings WHERE bucket = %b AND holder = %b AND operator = %b

-- === payments through gateways =======================================================================

-- name: insert_payment
-- Begin a payment, once.
INSERT INTO payments (bucket, id, gateway, state, amount_minor, currency, number, wanted, act, asked, ends_at,
                      created_at, next_at)
VALUES (%b, %b, %b, 'created', %b, %b, %b, %b::jsonb, %b, %b::jsonb, %b, %b, %b)
ON CONFLICT (bucket, id) DO NOTHING

-- name: read_payments
-- Read these payments.
SELECT p.id, p.gateway, p.state, p.amount_minor, p.currency, p.wanted, p.act, p.their_id, p.captured_minor,
       p.captured_currency, p.captured_at, p.means, p.spent_minor, p.refunded_minor, p.returned_minor, p.asked,
       p.ends_at, p.given, p.code, p.created_at, p.tries, p.next_at
FROM unnest(%b::smallint[], %b::uuid[]) AS t (bucket, id)
JOIN payments p USING (bucket, id)
ORDER BY bucket, id

-- name: lock_payments
-- Lock these payments in one order, to move them on.
SELECT p.id, p.gateway, p.state, p.amount_minor, p.currency, p.wanted, p.act, p.their_id, p.captured_minor,
       p.captured_currency, p.captured_at, p.means, p.spent_minor, p.refunded_minor, p.returned_minor, p.asked,
       p.ends_at, p.given, p.code, p.created_at, p.tries, p.next_at
FROM unnest(%b::smallint[], %b::uuid[]) AS t (bucket, id)
JOIN payments p USING (bucket, id)
ORDER BY bucket, id
FOR UPDATE OF p

-- name: list_payments
-- List payments of some state, or all, the oldest first.
SELECT id, gateway, state, amount_minor, currency, wanted, act, their_id, captured_minor, captured_currency,
       captured_at, means, spent_minor, refunded_minor, returned_minor, asked, ends_at, given, code, created_at,
       tries, next_at
FROM payments WHERE (%b::text IS NULL OR state = %b) ORDER BY created_at, bucket, id

-- name: claim_payments
-- Claim payments that are due, whose money has come or has not, for as long as the lease says; others take what
-- is left. A closed house claims none: it has forgotten what it did.
WITH t AS MATERIALIZED (
    SELECT bucket, id FROM payments
    WHERE next_at <= %b AND (captured_minor > 0) = %b AND (SELECT is_open FROM house)
    ORDER BY next_at, bucket, id LIMIT %b FOR UPDATE SKIP LOCKED
)
UPDATE payments p SET next_at = %b, tries = tries + 1
FROM t WHERE p.bucket = t.bucket AND p.id = t.id
RETURNING p.id

-- name: move_payments
-- Note what has become of payments that are locked.
UPDATE payments p
SET state = t.state, their_id = t.their_id, captured_minor = t.captured_minor,
    captured_currency = t.captured_currency, captured_at = t.captured_at, means = t.means,
    spent_minor = t.spent_minor, refunded_minor = t.refunded_minor, returned_minor = t.returned_minor,
    given = t.given, code = t.code, tries = t.tries, next_at = t.next_at
FROM unnest(%b::smallint[], %b::uuid[], %b::text[], %b::text[], %b::bigint[], %b::text[], %b::timestamptz[],
            %b::text[], %b::bigint[], %b::bigint[], %b::bigint[], %b::jsonb[], %b::text[], %b::int[],
            %b::timestamptz[])
  AS t (bucket, id, state, their_id, captured_minor, captured_currency, captured_at, means, spent_minor,
        refunded_minor, returned_minor, given, code, tries, next_at)
WHERE p.bucket = t.bucket AND p.id = t.id

-- name: read_quote_whole
-- Read a quote with the line's version that it was made for.
SELECT number, version, made_at, until, terms FROM quotes WHERE bucket = %b AND id = %b

-- name: insert_notices
-- Keep what a gateway told, once.
INSERT INTO payment_notices (bucket, gateway, event, payment, said, received_at)
SELECT t.bucket, %b, t.event, t.payment, t.said, %b
FROM unnest(%b::smallint[], %b::text[], %b::text[], %b::jsonb[]) AS t (bucket, event, payment, said)
ON CONFLICT (bucket, gateway, event) DO NOTHING

-- name: insert_refund
-- Owe a refund, once.
INSERT INTO refunds (bucket, id, payment, state, amount_minor, reason, by, approved_by, created_at,
                     next_at, own_minor)
VALUES (%b, %b, %b, 'owed', %b, %b, %b, %b, %b, %b, %b)
ON CONFLICT (bucket, id) DO NOTHING

-- name: claim_refunds
-- Claim refunds that are due, for as long as the lease says; others take what is left.
WITH t AS MATERIALIZED (
    SELECT bucket, id FROM refunds
    WHERE next_at <= %b AND (SELECT is_open FROM house)
    ORDER BY next_at, bucket, id LIMIT %b FOR UPDATE SKIP LOCKED
)
UPDATE refunds r SET next_at = %b, tries = tries + 1
FROM t WHERE r.bucket = t.bucket AND r.id = t.id
RETURNING r.id, r.payment, r.state, r.amount_minor, r.reason, r.by, r.approved_by, r.code,
          r.created_at, r.tries, r.next_at, r.bank, r.done_at, r.own_minor

-- name: read_refunds
-- Read the refunds of a payment, the first first.
SELECT id, payment, state, amount_minor, reason, by, approved_by, code, created_at, tries, next_at, bank, done_at,
       own_minor
FROM refunds WHERE bucket = %b AND payment = %b ORDER BY created_at, id

-- name: move_refund
-- Note what has become of a refund; what is done stays so.
UPDATE refunds SET state = %b, code = %b, next_at = %b, bank = %b, done_at = %b
WHERE bucket = %b AND id = %b AND state <> 'done'

-- name: wake_refund
-- Have a refund looked at now that is not done yet.
UPDATE refunds SET next_at = CASE WHEN state IN ('owed', 'pending') THEN %b::timestamptz ELSE next_at END
WHERE bucket = %b AND id = %b

-- name: wake_refunds
-- Have the refunds of a payment looked at that were kept back while its bank disputed it.
UPDATE refunds SET next_at = %b, tries = 0 WHERE bucket = %b AND payment = %b AND state = 'owed' AND next_at IS NULL

-- name: take_refunds_owed
-- Take the refunds that reversals owe off what is owed.
WITH t AS MATERIALIZED (
    SELECT bucket, id FROM effects
    WHERE kind = 'refund' AND due_at <= %b AND (SELECT is_open FROM house)
    ORDER BY due_at, bucket, id LIMIT %b FOR UPDATE SKIP LOCKED
)
DELETE FROM effects e USING t
WHERE e.bucket = t.bucket AND e.id = t.id
RETURNING e.id, e.data

-- name: find_payment_by_theirs
-- Find the payment that a gateway knows by its own id.
SELECT id FROM payments WHERE their_id = %b AND gateway = %b ORDER BY created_at, id LIMIT 1

-- name: insert_chargeback
-- Keep a charge-back, once.
INSERT INTO chargebacks (bucket, place, reference, gateway, their_id, amount_minor, currency, at, outcome, created_at,
                         next_at)
VALUES (%b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b)
ON CONFLICT (bucket, place, reference) DO NOTHING

-- name: lock_chargeback
-- Lock one charge-back, to move it on.
SELECT reference, gateway, their_id, amount_minor, currency, at, outcome, payment, booked, created_at, tries, next_at
FROM chargebacks WHERE bucket = %b AND place = %b AND reference = %b FOR UPDATE

-- name: read_chargebacks
-- Read the charge-backs of a payment, the first first.
SELECT reference, gateway, their_id, amount_minor, currency, at, outcome, payment, booked, created_at, tries, next_at
FROM chargebacks WHERE bucket = %b AND place = %b ORDER BY created_at, reference

-- name: find_charged_back
-- Find which of these payments of gateways were charged back.
SELECT DISTINCT t.place FROM unnest(%b::smallint[], %b::text[]) AS t (bucket, place)
JOIN chargebacks USING (bucket, place)

-- name: move_chargeback
-- Note what has become of a charge-back that is locked.
UPDATE chargebacks SET outcome = %b, payment = %b, booked = %b, tries = %b, next_at = %b
WHERE bucket = %b AND place = %b AND reference = %b

-- name: claim_chargebacks
-- Claim charge-backs that are due, for as long as the lease says; others take what is left.
WITH t AS MATERIALIZED (
    SELECT bucket, place, reference FROM chargebacks
    WHERE next_at <= %b AND (SELECT is_open FROM house)
    ORDER BY next_at, bucket, place LIMIT %b FOR UPDATE SKIP LOCKED
)
UPDATE chargebacks c SET next_at = %b, tries = tries + 1
FROM t WHERE c.bucket = t.bucket AND c.place = t.place AND c.reference = t.reference
RETURNING c.reference, c.gateway, c.their_id, c.amount_minor, c.currency, c.at, c.outcome, c.payment, c.booked,
          c.created_at, c.tries, c.next_at

-- name: wake_chargebacks
-- Have the charge-backs of a payment looked at; whoever has one in hand looks at it anyway.
WITH t AS MATERIALIZED (
    SELECT bucket, place, reference FROM chargebacks WHERE bucket = %b AND place = %b FOR UPDATE SKIP LOCKED
)
UPDATE chargebacks c SET next_at = %b
FROM t WHERE c.bucket = t.bucket AND c.place = t.place AND c.reference = t.reference

-- name: lock_card_tries
-- Lock the tries of one payer, number or address, to count them.
INSERT INTO card_tries (bucket, subject, event, kind, at) VALUES (%b, %b, '', '', %b)
ON CONFLICT (bucket, subject, event) DO UPDATE SET at = excluded.at

-- name: read_card_tries
-- Read what was tried since.
SELECT kind, at, card FROM card_tries WHERE bucket = %b AND subject = %b AND event <> '' AND at > %b ORDER BY at, event

-- name: read_card_of_try
-- Read the card of one try.
SELECT card FROM card_tries WHERE bucket = %b AND subject = %b AND event = %b

-- name: insert_card_try
-- Keep a try, once.
INSERT INTO card_tries (bucket, subject, event, kind, card, at) VALUES (%b, %b, %b, %b, %b, %b)
ON CONFLICT (bucket, subject, event) DO NOTHING

-- name: delete_card_try
-- Forget a try.
DELETE FROM card_tries WHERE bucket = %b AND subject = %b AND event = %b

-- name: forget_card_tries
-- Forget some tries that no limit looks back to.
WITH t AS MATERIALIZED (
    SELECT bucket, subject, event FROM card_tries WHERE at <= %b ORDER BY at LIMIT %b FOR UPDATE SKIP LOCKED
)
DELETE FROM card_tries c USING t WHERE c.bucket = t.bucket AND c.subject = t.subject AND c.event = t.event

-- name: insert_exception
-- Put something before a person, unless it is there.
INSERT INTO exceptions (bucket, id, kind, subject, said, opened_at, due_at)
VALUES (%b, %b, %b, %b, %b::jsonb, %b, %b)
ON CONFLICT (bucket, subject, kind) WHERE closed_at IS NULL DO NOTHING

-- name: list_exceptions
-- List what waits for a person, or what was closed too, whose clock runs out first.
SELECT id, kind, subject, said, opened_at, due_at, owner, action, closed_by, why, closed_at FROM exceptions
WHERE (%b OR closed_at IS NULL) AND (%b::text IS NULL OR subject = %b) ORDER BY due_at, bucket, id

-- name: find_exceptions_of
-- Find what was put before a person of one subject and kind, closed or not.
SELECT id, kind, subject, said, opened_at, due_at, owner, action, closed_by, why, closed_at FROM exceptions
WHERE bucket = %b AND subject = %b AND kind = %b

-- name: take_exception
-- Say who looks after an exception.
UPDATE exceptions SET owner = %b WHERE bucket = %b AND id = %b AND closed_at IS NULL

-- name: close_exception
-- Close an exception, with what was done and why.
UPDATE exceptions SET action = %b, closed_by = %b, why = %b, closed_at = %b
WHERE bucket = %b AND id = %b AND closed_at IS NULL

-- name: close_exceptions_of
-- Close the exceptions of one kind that have settled themselves.
UPDATE exceptions x SET action = %b, closed_by = %b, why = %b, closed_at = %b
FROM unnest(%b::smallint[], %b::text[]) AS t (bucket, subject)
WHERE x.bucket = t.bucket AND x.subject = t.subject AND x.kind = %b AND x.closed_at IS NULL

-- name: doctor_payments
-- Captured money has a home: what was quoted, a refund, or a person who is to look; no money came twice.
SELECT count(*), count(*) FILTER (WHERE NOT (
    (p.state = 'used' AND p.spent_minor + p.refunded_minor >= p.captured_minor)
    OR (p.state = 'refunding' AND EXISTS (SELECT FROM refunds r WHERE (r.bucket, r.payment) = (p.bucket, p.id)))
    OR p.state = 'refunded'
    OR (p.state = 'chargeback' AND p.spent_minor + p.refunded_minor >= p.captured_minor)
    OR p.next_at IS NOT NULL
    OR EXISTS (SELECT FROM exceptions x WHERE x.bucket = p.bucket AND x.subject = p.id::text AND x.closed_at IS NULL))
    OR p.twins > 1)
FROM (SELECT *, count(*) OVER (PARTITION BY gateway, their_id) AS twins FROM payments WHERE captured_minor > 0) AS p

-- name: doctor_chargebacks
-- What banks took back is in the books as far as it is known, or is due, or waits for a person.
SELECT count(*), count(*) FILTER (WHERE next_at IS NULL
    AND booked <> CASE outcome WHEN 'won' THEN 'won' ELSE 'taken' END
    AND NOT EXISTS (SELECT FROM exceptions x WHERE x.bucket = c.bucket AND x.subject = c.place AND x.closed_at IS NULL))
FROM chargebacks c

-- name: doctor_refunds
-- What goes back of a payment is the sum of its refunds, and each has gone, is on its way, or waits for a person.
SELECT count(*), count(*) FILTER (WHERE p.refunded_minor <> r.owed OR p.returned_minor <> r.done OR r.homeless > 0)
FROM payments p
JOIN LATERAL (
    SELECT coalesce(sum(amount_minor), 0) AS owed,
           coalesce(sum(amount_minor) FILTER (WHERE state = 'done'), 0) AS done,
           count(*) FILTER (WHERE state <> 'done' AND next_at IS NULL AND NOT EXISTS (
               SELECT FROM exceptions x
               WHERE x.bucket = f.bucket AND x.subject = p.id::text AND x.closed_at IS NULL)) AS homeless
    FROM refunds f WHERE f.bucket = p.bucket AND f.payment = p.id) AS r ON true
WHERE p.captured_minor > 0

-- name: doctor_advances
-- The advance of a payment that is used or goes back is empty.
SELECT count(*), count(*) FILTER (WHERE a.balance_minor > 0)
FROM payments p
JOIN accounts a ON a.bucket = p.bucket AND a.account LIKE 'advance:' || p.id || ':%%'
WHERE p.state IN ('used', 'refunding', 'refunded')

-- name: doctor_deposits
-- Every deposit that was paid is in the wallet or float that it is for, as often as its payment says, and once.
SELECT count(*), count(*) FILTER (WHERE d.deposits <> (p.spent_minor > 0)::int)
FROM payments p
JOIN LATERAL (
    SELECT count(*) AS deposits FROM journal j
    WHERE j.bucket = baohao_bucket(p.wanted ->> 'account') AND j.subject = p.wanted ->> 'account'
      AND j.ask = p.act AND j.kind = 'deposited') AS d ON true
WHERE p.wanted ? 'account' AND p.state IN ('used', 'refunding', 'refunded')

-- name: doctor_baskets
-- What a payment for several lines has spent is what they were sold for, by the answers under its keys.
SELECT count(*), count(*) FILTER (WHERE p.spent_minor <> b.total)
FROM payments p
JOIN LATERAL (
    SELECT coalesce(sum((k.answer::json ->> 'total')::bigint), 0) AS total
    FROM jsonb_array_elements(p.wanted -> 'parts') AS part
    JOIN keys k ON k.bucket = baohao_bucket(part #>> '{wanted,number}') AND k.principal = 'payments'
               AND k.key = 'payment:' || p.id || ':buy:' || (part ->> 'quote')) AS b ON true
WHERE p.wanted ? 'parts' AND p.state IN ('used', 'refunding', 'refunded')

-- name: doctor_exchange
-- Every exchange has two legs, one in each of two currencies.
SELECT count(*), count(*) FILTER (WHERE legs <> 2 OR currencies <> 2)
FROM (SELECT count(*) AS legs, count(DISTINCT currency) AS currencies
      FROM entries, unnest(accounts, amounts) AS p (account, amount)
      WHERE account LIKE 'exchange:%%' GROUP BY transfer) AS t

-- name: doctor_exceptions
-- Nothing waits for a person beyond its time.
SELECT count(*), count(*) FILTER (WHERE due_at < (SELECT clock_timestamp() + clock_offset FROM house))
FROM exceptions WHERE closed_at IS NULL
-- === bank transfers ===============================================================================

-- name: insert_statement
-- Keep a statement that was taken in, once.
INSERT INTO bank_statements (bucket, account, id, their_id, from_on, to_on, opening_minor, closing_minor, row_count,
                             file, by, imported_at)
VALUES (%b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b)
ON CONFLICT (bucket, account, id) DO NOTHING

-- name: list_statement_ends
-- List where the statements of an account begin and end, as far as the bank says.
SELECT id, from_on, to_on, opening_minor, closing_minor FROM bank_statements
WHERE bucket = %b AND account = %b AND opening_minor IS NOT NULL

-- name: find_statement_day
-- Say whether any statement has a day.
SELECT EXISTS (SELECT FROM bank_statements WHERE %b BETWEEN from_on AND to_on)

-- name: find_rows_by_ref
-- Find what is kept under the bank's own ids of rows.
SELECT r.ref, r.id, r.content FROM unnest(%b::text[]) AS w (ref)
JOIN bank_rows r ON r.account = %b AND r.ref = w.ref AND r.ref <> ''
ORDER BY r.booked_on, r.id

-- name: insert_bank_row
-- Keep a row of a statement, once for ever.
INSERT INTO bank_rows (bucket, id, account, ref, content, statement, line, booked_on, booked_at, amount_minor,
                       currency, sealed, exact, near, state, imported_at)
VALUES (%b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, 'new', %b)
ON CONFLICT (bucket, id) DO NOTHING

-- name: list_new_bank_rows
-- List rows that nobody has looked at; a closed house looks at none.
SELECT id, account, ref, content, statement, line, booked_on, booked_at, amount_minor, currency, sealed, exact, near,
       state, payment, by, approved_by
FROM bank_rows WHERE state = 'new' AND (SELECT is_open FROM house) ORDER BY bucket, id LIMIT %b

-- name: read_bank_row
-- Read one row of a statement.
SELECT id, account, ref, content, statement, line, booked_on, booked_at, amount_minor, currency, sealed, exact, near,
       state, payment, by, approved_by
FROM bank_rows WHERE bucket = %b AND id = %b

-- name: lock_bank_row
-- Lock one row of a statement, to move it on.
SELECT id, account, ref, content, statement, line, booked_on, booked_at, amount_minor, currency, sealed, exact, near,
       state, payment, by, approved_by
FROM bank_rows WHERE bucket = %b AND id = %b FOR UPDATE

-- name: list_bank_rows
-- List rows of statements in some state, or all, the oldest first.
SELECT id, account, ref, content, statement, line, booked_on, booked_at, amount_minor, currency, sealed, exact, near,
       state, payment, by, approved_by
FROM bank_rows WHERE (%b::text IS NULL OR state = %b) ORDER BY booked_on, account, bucket, id

-- name: list_bank_rows_of_day
-- List the rows of one day.
SELECT id, account, ref, content, statement, line, booked_on, booked_at, amount_minor, currency, sealed, exact, near,
       state, payment, by, approved_by
FROM bank_rows WHERE booked_on = %b ORDER BY account, bucket, id

-- name: move_bank_row
-- Note what has become of a row that is locked.
UPDATE bank_rows SET state = %b, payment = %b, by = %b, approved_by = %b WHERE bucket = %b AND id = %b

-- name: find_payments_by_reference
-- Find the payments whose references these are.
SELECT id FROM payments WHERE gateway = 'bank' AND given ->> 'reference' = ANY(%b::text[]) ORDER BY bucket, id

-- name: insert_payout
-- Put something on the list of what a person is to pay out, once.
INSERT INTO bank_payouts (bucket, id, payment, came_by, account, amount_minor, currency, reference, reason, listed_at)
VALUES (%b, %b, %b, %b, %b, %b, %b, %b, %b, %b)
ON CONFLICT (bucket, id) DO NOTHING

-- name: read_payout
-- Read one of what is to be paid out.
SELECT id, payment, came_by, account, amount_minor, currency, reference, reason, listed_at, gone_at, gone_by, by
FROM bank_payouts WHERE bucket = %b AND id = %b

-- name: lock_payout
-- Lock one of what is to be paid out.
SELECT id, payment, came_by, account, amount_minor, currency, reference, reason, listed_at, gone_at, gone_by, by
FROM bank_payouts WHERE bucket = %b AND id = %b FOR UPDATE

-- name: list_payouts
-- List what is to be paid out, or all that ever was, the oldest first.
SELECT id, payment, came_by, account, amount_minor, currency, reference, reason, listed_at, gone_at, gone_by, by
FROM bank_payouts WHERE %b OR gone_at IS NULL ORDER BY listed_at, bucket, id

-- name: find_payouts_by_reference
-- Find what these references were given to.
SELECT id FROM bank_payouts WHERE reference = ANY(%b::text[]) ORDER BY bucket, id

-- name: list_unbooked_payouts
-- List rows that went back and are still in suspense.
SELECT id, payment, came_by, account, amount_minor, currency, reference, reason, listed_at, gone_at, gone_by, by
FROM bank_payouts
WHERE payment IS NULL AND NOT is_booked AND gone_at IS NOT NULL AND (SELECT is_open FROM house)
ORDER BY bucket, id

-- name: move_payout
-- Note that something was paid out; what is known of it stays.
UPDATE bank_payouts
SET account = CASE WHEN gone_at IS NULL THEN %b ELSE account END, gone_at = coalesce(gone_at, %b),
    gone_by = coalesce(gone_by, %b), by = CASE WHEN gone_at IS NULL THEN %b ELSE by END
WHERE bucket = %b AND id = %b

-- name: book_payout
-- Note that the books have what was paid out.
UPDATE bank_payouts SET is_booked = true WHERE bucket = %b AND id = %b

-- name: doctor_suspense
-- What is in suspense is the sum of the rows that wait, each in its own account, and whoever waits is before a person.
SELECT count(*), count(*) FILTER (WHERE NOT CASE r.state
    WHEN 'new' THEN s.held IN (0, r.amount_minor)
    WHEN 'held' THEN s.held = r.amount_minor AND EXISTS (
        SELECT FROM exceptions x WHERE x.bucket = r.bucket AND x.subject = r.id::text AND x.closed_at IS NULL)
    WHEN 'returning' THEN s.held IN (0, r.amount_minor) AND EXISTS (
        SELECT FROM bank_payouts o WHERE o.bucket = r.bucket AND o.id = r.id AND (s.held > 0 OR o.gone_at IS NOT NULL))
    WHEN 'returned' THEN s.held = 0
    WHEN 'matched' THEN s.held = 0 OR s.held = r.amount_minor AND EXISTS (
        SELECT FROM payments p WHERE p.id = r.payment AND p.next_at IS NOT NULL)
    END)
FROM (
    SELECT bucket, id, account, amount_minor, currency, state, payment FROM bank_rows WHERE amount_minor > 0
    UNION ALL
    -- Suspense that no row has.
    SELECT a.bucket, NULL, a.account, 0, '', 'returned', NULL FROM accounts a
    WHERE a.account LIKE 'suspense:%%' AND a.balance_minor <> 0 AND NOT EXISTS (
        SELECT FROM bank_rows b WHERE b.bucket = a.bucket AND b.id::text = split_part(a.account, ':', 2))
) AS r
CROSS JOIN LATERAL (
    SELECT coalesce(sum(a.balance_minor), 0) AS held FROM accounts a
    WHERE a.bucket = r.bucket
      AND a.account = CASE WHEN r.id IS NULL THEN r.account ELSE 'suspense:' || r.id || ':' || r.currency END) AS s
-- name: keep_mandate
-- Keep what lets a payer be charged again; the first that is told stays.
UPDATE payments SET mandate = %b WHERE bucket = %b AND id = %b AND mandate = ''

-- name: read_mandate
-- Read what lets the payer of a payment be charged again.
SELECT mandate FROM payments WHERE bucket = %b AND id = %b

-- === gateways' bills ==============================================================================

-- name: claim_bill
-- Take the bill of a day up, for as long as the lease says: a new one, one that is due, or whichever is wanted.
INSERT INTO bills (bucket, gateway, day, next_at)
SELECT %b, %b::text, %b::date, %b::timestamptz FROM house WHERE is_open
ON CONFLICT (bucket, gateway, day) DO UPDATE SET next_at = excluded.next_at
WHERE bills.next_at <= %b OR %b

-- name: read_bill
-- Read what is known of a day's bill.
SELECT gateway, day, readings, digest, read_at, theirs, ours, fees, matched_at, tries, code, next_at
FROM bills WHERE bucket = %b AND gateway = %b AND day = %b

-- name: lock_bill
-- Lock what is known of a day's bill, to move it on.
SELECT gateway, day, readings, digest, read_at, theirs, ours, fees, matched_at, tries, code, next_at
FROM bills WHERE bucket = %b AND gateway = %b AND day = %b FOR UPDATE

-- name: list_bills
-- List the days of one gateway, or of all, whose bills were looked for, the earliest first.
SELECT gateway, day, readings, digest, read_at, theirs, ours, fees, matched_at, tries, code, next_at
FROM bills WHERE gateway = coalesce(%b, gateway) AND day >= %b ORDER BY gateway, day

-- name: move_bill
-- Note what has become of a day's bill.
UPDATE bills SET readings = %b, digest = %b, read_at = %b, theirs = %b::json, ours = %b::json, fees = %b::json,
    matched_at = %b, tries = %b, code = %b, next_at = %b
WHERE bucket = %b AND gateway = %b AND day = %b

-- name: wake_bill
-- Have a day's bill read again at some time.
UPDATE bills SET next_at = %b WHERE bucket = %b AND gateway = %b AND day = %b AND next_at IS NULL

-- name: delete_bill_rows
-- Forget the rows of a day's bill in every bucket, before they are written as they are now.
DELETE FROM bill_rows WHERE bucket BETWEEN 0 AND 4095 AND gateway = %b AND day = %b

-- name: insert_bill_rows
-- Write rows of a day's bill behind those that were written before.
INSERT INTO bill_rows (bucket, gateway, day, subject, n, payment, their_id, refund, refund_id, amount_minor,
                       fee_minor, currency, at)
SELECT baohao_bucket(t.subject), %b::text, %b::date, t.subject, %b::int + t.n, t.payment, t.their_id, t.refund,
       CASE WHEN t.refund <> '' THEN
         CASE WHEN t.refund ~ '^[0-9a-f]{64}$' AND left(t.refund, 32) = replace(t.payment::text, '-', '')
              THEN right(t.refund, 32)::uuid END END,
       t.amount_minor, t.fee_minor, t.currency, to_timestamp(t.at)
FROM unnest(%b::text[], %b::uuid[], %b::text[], %b::text[], %b::bigint[], %b::bigint[], %b::text[], %b::float8[])
  WITH ORDINALITY AS t (subject, payment, their_id, refund, amount_minor, fee_minor, currency, at, n)

-- name: sum_bill
-- Add up some rows of a day's bill, by currency and whether it went back: what it has, what of it we have, and
-- how many rows are just as we have them.
SELECT b.currency, b.refund <> '' AS is_refund, count(*), sum(b.amount_minor)::bigint, sum(b.fee_minor)::bigint,
       count(*) FILTER (WHERE f.is_ours), coalesce(sum(f.minor) FILTER (WHERE f.is_ours), 0)::bigint,
       count(*) FILTER (WHERE f.fits AND f.minor >= 2 * abs(b.fee_minor))
FROM bill_rows b
LEFT JOIN LATERAL (SELECT gateway, their_id, captured_minor, captured_currency FROM payments
                   WHERE bucket = b.bucket AND id = b.payment LIMIT 1) AS p ON true
LEFT JOIN LATERAL (SELECT state, bank, amount_minor FROM refunds
                   WHERE bucket = b.bucket AND id = b.refund_id LIMIT 1) AS r ON b.refund <> ''
CROSS JOIN LATERAL (
    SELECT CASE WHEN b.refund = ''
        THEN p.gateway = b.gateway AND p.their_id = b.their_id AND p.captured_minor = b.amount_minor
             AND p.captured_currency = b.currency AND b.fee_minor >= 0
        ELSE r.state = 'done' AND r.bank IN ('', b.gateway) AND r.amount_minor = b.amount_minor
             AND p.captured_currency = b.currency END AS fits,
    CASE WHEN b.refund = '' THEN p.gateway = b.gateway AND p.their_id = b.their_id ELSE r.state = 'done' END
    AND p.captured_currency = b.currency AS is_ours,
    CASE WHEN b.refund = '' THEN p.captured_minor ELSE r.amount_minor END AS minor) AS f
WHERE b.gateway = %b AND b.day = %b AND b.n BETWEEN %b AND %b
GROUP BY 1, 2

-- name: find_bill_differences
-- Find those of some rows of a day's bill that are not as we have them.
SELECT b.subject, b.payment, b.their_id, b.refund, b.amount_minor, b.fee_minor, b.currency, b.at,
       coalesce(p.gateway, ''), coalesce(p.their_id, ''), coalesce(p.captured_minor, 0),
       coalesce(p.captured_currency, ''), coalesce(r.state, ''), coalesce(r.amount_minor, 0), coalesce(r.bank, '')
FROM bill_rows b
LEFT JOIN LATERAL (SELECT gateway, their_id, captured_minor, captured_currency FROM payments
                   WHERE bucket = b.bucket AND id = b.payment LIMIT 1) AS p ON true
LEFT JOIN LATERAL (SELECT state, bank, amount_minor FROM refunds
                   WHERE bucket = b.bucket AND id = b.refund_id LIMIT 1) AS r ON b.refund <> ''
CROSS JOIN LATERAL (
    SELECT CASE WHEN b.refund = ''
        THEN p.gateway = b.gateway AND p.their_id = b.their_id AND p.captured_minor = b.amount_minor
             AND p.captured_currency = b.currency AND b.fee_minor >= 0
        ELSE r.state = 'done' AND r.bank IN ('', b.gateway) AND r.amount_minor = b.amount_minor
             AND p.captured_currency = b.currency END AS fits) AS f
WHERE b.gateway = %b AND b.day = %b AND b.n BETWEEN %b AND %b
  AND (f.fits AND b.amount_minor >= 2 * abs(b.fee_minor)) IS NOT TRUE
ORDER BY b.n

-- name: find_billed_twice
-- Find what stands twice in a day's bill, or in its and that of the day before, in some buckets.
SELECT subject, their_id, refund, count(*)::int, max(amount_minor), max(currency), min(day), max(at)
FROM bill_rows
WHERE bucket = ANY (%b::smallint[]) AND gateway = %b AND day IN (%b::date - 1, %b::date)
GROUP BY subject, their_id, refund
HAVING count(*) > 1 AND bool_or(day = %b)
ORDER BY subject

-- name: first_captured
-- Say when a gateway's first money came.
SELECT min(captured_at) FROM payments WHERE gateway = %b AND captured_at IS NOT NULL

-- name: count_captured
-- Count what came through a gateway in some time.
SELECT count(*) FROM payments WHERE gateway = %b AND captured_at >= %b AND captured_at < %b

-- name: find_unbilled
-- Find what came through a gateway in some time and stands in no bill of some days. Each is looked up by the key
-- (a LIMIT is no join): a plan for a bill that was written a moment ago would guess.
SELECT p.id, p.their_id, p.captured_minor, p.captured_currency, p.captured_at
FROM payments p
WHERE p.gateway = %b AND p.captured_at >= %b AND p.captured_at < %b
  AND (SELECT true FROM bill_rows b
       WHERE b.bucket = p.bucket AND b.gateway = p.gateway AND b.day = ANY (%b::date[]) AND b.subject = p.id::text
         AND b.their_id = p.their_id AND b.refund = '' LIMIT 1) IS NOT TRUE
ORDER BY p.captured_at, p.bucket, p.id LIMIT %b

-- name: find_unbilled_refunds
-- Find what went back through a gateway in some time and stands in no bill since it was owed.
SELECT r.payment, r.id, r.amount_minor, p.captured_currency, r.created_at, r.done_at
FROM refunds r
JOIN payments p ON p.bucket = r.bucket AND p.id = r.payment
WHERE r.bank = %b AND r.done_at >= %b AND r.done_at < %b
  AND (SELECT true FROM bill_rows b
       WHERE b.bucket = r.bucket AND b.gateway = r.bank
         AND b.day IN (SELECT (r.created_at AT TIME ZONE 'UTC')::date - 1 + n
                       FROM generate_series(0, %b::date - (r.created_at AT TIME ZONE 'UTC')::date + 1) AS n)
         AND b.subject = r.payment::text AND b.refund_id = r.id LIMIT 1) IS NOT TRUE
ORDER BY r.done_at, r.bucket, r.id LIMIT %b

-- name: is_billed
-- Say whether a payment, or a refund of it, stands in a gateway's bill of some day or a later one.
SELECT EXISTS (SELECT FROM bill_rows
               WHERE bucket = %b AND gateway = %b AND day >= %b AND subject = %b AND their_id = coalesce(%b, their_id)
                 AND refund = %b)

-- name: find_bought_nothing
-- Find payments that were used and whose act is not in their line's journal, or has given it no time that it is for.
SELECT p.id, p.number, p.act, p.spent_minor, p.captured_currency, p.captured_at
FROM payments p
WHERE p.gateway = %b AND p.captured_at >= %b AND p.captured_at < %b AND p.id = coalesce(%b, p.id)
  AND p.spent_minor > 0 AND p.number LIKE '+%%'
  AND NOT coalesce(
    (SELECT true FROM benefits b
     WHERE b.bucket = baohao_bucket(p.number) AND b.number = p.number AND b.act = p.act::text
       AND b.kind = 'paid' AND b.epoch >= (p.wanted ->> 'epoch')::int LIMIT 1),
    (SELECT true FROM journal j
     WHERE j.bucket = baohao_bucket(p.number) AND j.subject = p.number AND j.ask = p.act
       AND j.recorded_at >= p.created_at AND p.wanted ->> 'verb' NOT IN ('renew', 'restore', 'activate') LIMIT 1),
    false)
ORDER BY p.captured_at, p.bucket, p.id LIMIT %b

-- name: find_not_in_network
-- Find payments that were used for lines of operators whose own system is master, and that it has not done, or
-- otherwise.
SELECT p.id, p.number, p.act, p.spent_minor, p.captured_currency, p.captured_at, coalesce(c.state, ''),
       coalesce(c.code, '')
FROM payments p
LEFT JOIN LATERAL (SELECT state, code FROM charges
                   WHERE bucket = baohao_bucket(p.number) AND number = p.number AND id = p.act LIMIT 1) AS c ON true
WHERE p.gateway = %b AND p.captured_at >= %b AND p.captured_at < %b AND p.id = coalesce(%b, p.id)
  AND p.spent_minor > 0 AND p.number LIKE '+%%'
  AND CASE WHEN c.state IN ('done', 'refused') AND c.code NOT IN ('amount_differs', 'taken_back') THEN false
           ELSE (SELECT true FROM lines l WHERE l.bucket = baohao_bucket(p.number) AND l.number = p.number
                                            AND l.operator = ANY (%b::text[]) LIMIT 1) END
ORDER BY p.captured_at, p.bucket, p.id LIMIT %b

-- name: roll_bank
-- Roll an account with a gateway or bank forward: by day (UTC) and kind of entry, what came and what went.
SELECT (e.recorded_at AT TIME ZONE 'UTC')::date, e.kind,
       coalesce(sum(x.amount) FILTER (WHERE x.amount > 0), 0)::bigint,
       coalesce(-sum(x.amount) FILTER (WHERE x.amount < 0), 0)::bigint
FROM entries e, unnest(e.accounts, e.amounts) AS x (account, amount)
WHERE x.account = %b AND e.accounts @> ARRAY[%b::text]
GROUP BY 1, 2 ORDER BY 1, 2

-- === receipts =====================================================================================

-- name: claim_receipt
-- Claim the receipt that is owed for an ask; none is met where it was given, and whoever is claiming is waited for.
UPDATE receipt_places SET point = %b, due_at = NULL
WHERE bucket = %b AND ask = %b AND point IS NULL

-- name: hold_point
-- Keep the issuing point of a series from closing a day, and read what it is called now.
SELECT point, operator, name, zone, tills, told FROM points p
WHERE p.point = %b OR EXISTS (SELECT FROM unnest(p.tills) AS t (till) WHERE split_part(t.till, ':', 2) = %b)
ORDER BY p.point LIMIT 1 FOR KEY SHARE

-- name: read_issuing_time
-- Read the clock for a receipt: never before the last of its series, or the last day that its point has closed.
SELECT greatest((SELECT clock_timestamp() + clock_offset FROM house),
                (SELECT max(issued_at) FROM receipt_series WHERE bucket = %b AND point = %b),
                (SELECT max(closed_at) FROM days WHERE bucket = %b AND point = %b))

-- name: next_receipt
-- Give the next number of a series, under the lock of its row, and say when.
INSERT INTO receipt_series AS s (bucket, point, year, last, issued_at) VALUES (%b, %b, %b, 1, %b)
ON CONFLICT (bucket, point, year) DO UPDATE
SET last = s.last + 1, issued_at = greatest(s.issued_at, excluded.issued_at)
RETURNING last, issued_at

-- name: insert_receipt
-- Keep what a receipt says.
INSERT INTO receipts (bucket, point, year, number, ask, line, epoch, holder, issued_at, day, facts, token)
VALUES (%b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b::json, %b)

-- name: read_receipt_place
-- Read which line an ask that money moved for is of, where it was asked, and where its receipt was given.
SELECT line, wanted, point FROM receipt_places WHERE bucket = %b AND ask = %b

-- name: has_owed_receipts
-- Say whether a receipt is owed and nobody is giving it.
SELECT EXISTS (SELECT FROM receipt_places WHERE due_at <= %b)

-- name: claim_owed_receipts
-- Take up receipts that are owed, for as long as it doubles with each time; others take what is left. A house
-- that is closed owes nothing.
UPDATE receipt_places p
SET tries = p.tries + 1, due_at = %b::timestamptz + least(2 ^ p.tries, 60) * interval '1 minute'
FROM (SELECT bucket, ask, due_at FROM receipt_places
      WHERE due_at <= %b AND (SELECT is_open FROM house)
      ORDER BY due_at, bucket, ask LIMIT %b FOR UPDATE SKIP LOCKED) AS t
WHERE p.bucket = t.bucket AND p.ask = t.ask
RETURNING t.due_at, p.ask

-- name: read_receipt_of_ask
-- Read the receipt of an ask.
SELECT point, year, number, ask, line, epoch, holder, issued_at, day, facts, token, digest, language
FROM receipts WHERE bucket = %b AND ask = %b

-- name: read_receipt
-- Read a receipt by its number.
SELECT point, year, number, ask, line, epoch, holder, issued_at, day, facts, token, digest, language
FROM receipts WHERE bucket = %b AND point = %b AND year = %b AND number = %b

-- name: list_receipts_of_holder
-- List all receipts of a holder, whatever number it was.
SELECT point, year, number, ask, line, epoch, holder, issued_at, day, facts, token, digest, language
FROM receipts WHERE holder = %b ORDER BY issued_at, point, year, number

-- name: list_receipts_of_day
-- List the receipts of a civil day, point by point.
SELECT point, year, number, ask, line, epoch, holder, issued_at, day, facts, token, digest, language
FROM receipts WHERE day = %b ORDER BY point, year, number

-- name: list_series
-- List every series: how many, the last, and the latest deadline that any of them proves.
SELECT point, year, count(*)::int, max(issued_at), max((facts ->> 'until')::timestamptz)
FROM receipts GROUP BY point, year ORDER BY point, year

-- name: print_receipt
-- Note the first print of a receipt; none is met where there was one.
UPDATE receipts SET digest = %b, language = %b
WHERE bucket = %b AND point = %b AND year = %b AND number = %b AND digest IS NULL

-- name: read_posted
-- Read what a decision has posted in its line's bucket, from its first event to its last.
SELECT kind, currency, payer, accounts, amounts FROM entries
WHERE bucket = %b AND subject = %b AND seq BETWEEN %b AND %b AND recorded_at = %b
ORDER BY seq, id

-- name: doctor_paid
-- For every decision that money moved for a receipt was given, or is owed. Entries go with a decision's last
-- event, which may be one that fell due by itself.
SELECT count(*), count(*) FILTER (WHERE NOT EXISTS (
  SELECT FROM receipt_places p WHERE p.bucket = baohao_bucket(ask::text) AND p.ask = paid.ask::text
    AND (p.due_at IS NOT NULL OR EXISTS (
      SELECT FROM receipts r WHERE r.bucket = baohao_bucket(p.point) AND r.ask = p.ask))))
FROM (SELECT DISTINCT j.ask
      FROM entries e
      CROSS JOIN LATERAL (SELECT j.ask FROM journal j
                          WHERE (j.bucket, j.subject, j.recorded_at) = (e.bucket, e.subject, e.recorded_at)
                            AND j.seq <= e.seq AND j.ask IS NOT NULL
                          ORDER BY j.seq DESC LIMIT 1) AS j
      WHERE e.seq > 0 AND e.kind IN ('sale', 'top_up', 'reversal') AND e.subject NOT LIKE '%%:%%'
      UNION SELECT ask FROM journal
      WHERE kind IN ('deposited', 'deposit_undone') AND ask IS NOT NULL) AS paid

-- name: doctor_owed
-- No receipt is an hour late, or has failed ten times.
SELECT count(*), count(*) FILTER (WHERE due_at < (SELECT clock_timestamp() + clock_offset FROM house)
                                                 - interval '1 hour' OR tries > 10)
FROM receipt_places WHERE due_at IS NOT NULL
-- name: doctor_receipts
-- Every series is numbered from 1 to its last without a gap.
SELECT count(*), count(*) FILTER (WHERE coalesce(s.last, -1) <> coalesce(r.receipts, 0)
                                     OR coalesce(s.last, -1) <> coalesce(r.last, 0))
FROM receipt_series s
FULL JOIN (SELECT bucket, point, year, count(*) AS receipts, max(number) AS last FROM receipts GROUP BY 1, 2, 3) AS r
  USING (bucket, point, year)
-- === tills: shifts, points, days =====================================================================

-- name: find_shifts
-- Find the last shift of these tills, to be sent after the tills were locked.
SELECT s.account, s.n, s.clerk, s.opened_at, s.float_minor, s.opening_difference_minor, s.brought_minor,
       s.dropped_minor, s.counted_at, s.counted_by, s.pieces, s.counted_minor, s.expected_minor, s.closed_at,
       s.left_minor, s.approved_by
FROM unnest(%b::smallint[], %b::text[]) AS t (bucket, account)
JOIN LATERAL (SELECT * FROM shifts x WHERE x.bucket = t.bucket AND x.account = t.account
              ORDER BY x.n DESC LIMIT 1) AS s ON true

-- name: list_shifts
-- List the shifts of these tills that were open at some time.
SELECT s.account, s.n, s.clerk, s.opened_at, s.float_minor, s.opening_difference_minor, s.brought_minor,
       s.dropped_minor, s.counted_at, s.counted_by, s.pieces, s.counted_minor, s.expected_minor, s.closed_at,
       s.left_minor, s.approved_by
FROM unnest(%b::smallint[], %b::text[]) AS t (bucket, account)
JOIN shifts s USING (bucket, account)
WHERE s.opened_at < %b AND (s.closed_at IS NULL OR s.closed_at >= %b)
ORDER BY s.account, s.n

-- name: read_shifts_of_buckets
-- Read every shift in some buckets, those of a till in order.
SELECT account, n, clerk, opened_at, float_minor, opening_difference_minor, brought_minor, dropped_minor,
       counted_at, counted_by, pieces, counted_minor, expected_minor, closed_at, left_minor, approved_by
FROM shifts WHERE bucket BETWEEN %b AND %b ORDER BY account, n

-- name: insert_shifts
-- Open shifts.
INSERT INTO shifts (bucket, account, n, clerk, opened_at, float_minor, opening_difference_minor, brought_minor,
                    dropped_minor, counted_at, counted_by, pieces, counted_minor, expected_minor, closed_at,
                    left_minor, approved_by)
SELECT * FROM unnest(%b::smallint[], %b::text[], %b::int[], %b::text[], %b::timestamptz[], %b::bigint[],
                     %b::bigint[], %b::bigint[], %b::bigint[], %b::timestamptz[], %b::text[], %b::json[],
                     %b::bigint[], %b::bigint[], %b::timestamptz[], %b::bigint[], %b::text[])

-- name: update_shifts
-- Move shifts on: change, drops, the count, the end; one that is closed never moves.
UPDATE shifts s
SET brought_minor = t.brought_minor, dropped_minor = t.dropped_minor, counted_at = t.counted_at,
    counted_by = t.counted_by, pieces = t.pieces, counted_minor = t.counted_minor,
    expected_minor = t.expected_minor, closed_at = t.closed_at, left_minor = t.left_minor,
    approved_by = t.approved_by
FROM unnest(%b::smallint[], %b::text[], %b::int[], %b::text[], %b::timestamptz[], %b::bigint[], %b::bigint[],
            %b::bigint[], %b::bigint[], %b::timestamptz[], %b::text[], %b::json[], %b::bigint[], %b::bigint[],
            %b::timestamptz[], %b::bigint[], %b::text[])
  AS t (bucket, account, n, clerk, opened_at, float_minor, opening_difference_minor, brought_minor,
        dropped_minor, counted_at, counted_by, pieces, counted_minor, expected_minor, closed_at, left_minor,
        approved_by)
WHERE s.bucket = t.bucket AND s.account = t.account AND s.n = t.n AND s.closed_at IS NULL

-- name: insert_point
-- Register an issuing point, once.
INSERT INTO points (bucket, point, operator, name, zone, tills, told)
VALUES (%b, %b, %b, %b, %b, %b::text[], %b::json)
ON CONFLICT (bucket, point) DO NOTHING

-- name: update_point
-- Let an issuing point be called otherwise, be elsewhere, or have other tills.
UPDATE points SET name = %b, tills = %b::text[], told = %b::json WHERE bucket = %b AND point = %b

-- name: read_points
-- Read the register of issuing points.
SELECT point, operator, name, zone, tills, told FROM points ORDER BY point

-- name: lock_point
-- Lock one issuing point: its days are closed one after the other.
SELECT point, operator, name, zone, tills, told FROM points WHERE bucket = %b AND point = %b FOR UPDATE

-- name: find_last_day
-- Find the day that an issuing point closed last.
SELECT day, until, digest FROM days WHERE bucket = %b AND point = %b ORDER BY day DESC LIMIT 1

-- name: read_day
-- Read a day that was closed, and whether its entries are still those that it was closed with.
SELECT day, since, until, tills, totals, closed_at, closed_by, digest,
       digest = baohao_day_digest(point, day, tills, series, since, until, totals::text, prev)
FROM days WHERE bucket = %b AND point = %b AND day = %b

-- name: insert_day
-- Close a day: its row, with the digest over its entries and receipts.
INSERT INTO days (bucket, point, day, since, until, tills, series, totals, closed_at, closed_by, prev, digest)
SELECT bucket, point, day, since, until, tills, series, totals::json, closed_at, closed_by, prev,
       baohao_day_digest(point, day, tills, series, since, until, totals, prev)
FROM (VALUES (%b::smallint, %b::text, %b::date, %b::timestamptz, %b::timestamptz, %b::text[], %b::text[], %b::text,
              %b::timestamptz, %b::text, %b::bytea))
  AS d (bucket, point, day, since, until, tills, series, totals, closed_at, closed_by, prev)

-- name: date_accounts
-- Let nothing move these accounts before an instant any more, whatever the clock says: the door never goes back.
UPDATE accounts a SET recorded_at = greatest(a.recorded_at, %b)
FROM unnest(%b::smallint[], %b::text[]) AS t (bucket, account)
WHERE a.bucket = t.bucket AND a.account = t.account

-- name: find_unclosed
-- Find when these tills first moved in some time.
SELECT min(recorded_at) FROM baohao_till_entries(%b::text[], %b, %b)

-- name: sum_day
-- Add up what tills had to do with in some time: what was sold, by verb and plan, and what else moved them.
SELECT kind, coalesce(verb, ''), coalesce(plan, ''), currency, count(*), sum(minor)::bigint
FROM (
  SELECT e.kind, coalesce(a.payload -> 'act' ->> 1, a.kind) AS verb, p.plan, e.currency,
         coalesce(s.own, s.through) AS minor
  FROM baohao_till_entries(%b::text[], %b, %b) AS e
  CROSS JOIN LATERAL (
    SELECT sum(x.amount) FILTER (WHERE x.account = ANY (%b::text[])) AS own,
           sum(x.amount) FILTER (WHERE x.account LIKE 'clearing:%%') AS through
    FROM unnest(e.accounts, e.amounts) AS x (account, amount)) AS s
  LEFT JOIN LATERAL (
    SELECT split_part(x.account, ':', 2) AS plan FROM unnest(e.accounts) AS x (account)
    WHERE x.account LIKE 'deferred:%%' OR x.account LIKE 'credit:%%' ORDER BY x.account DESC LIMIT 1) AS p ON true
  -- What was asked is the last event up to there that somebody asked for: what fell due follows it.
  LEFT JOIN LATERAL (
    SELECT j.kind, j.payload FROM journal j
    WHERE j.bucket = e.bucket AND j.subject = e.subject AND j.seq <= e.seq AND j.recorded_at = e.recorded_at
      AND j.ask IS NOT NULL ORDER BY j.seq DESC LIMIT 1) AS a ON true
  -- The payer's side of what was sold is the same money once more.
  WHERE e.kind <> 'transfer') AS moved
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4

-- name: find_unclosed_receipt
-- Find when something was first paid at these counters otherwise than in cash.
SELECT min(issued_at) FROM baohao_counter_receipts(%b::text[], %b, %b)

-- name: sum_counter
-- Add up what was paid at these counters otherwise than in cash, and given back.
SELECT coalesce(facts -> 'means' ->> 'gateway', split_part(facts ->> 'paid_from', ':', 1)), facts ->> 'kind',
       facts ->> 'what', facts ->> 'plan', facts ->> 'currency', count(*),
       sum((facts ->> 'total_minor')::bigint)::bigint
FROM baohao_counter_receipts(%b::text[], %b, %b)
GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5

-- name: doctor_days
-- Every day that was closed has the entries that it was closed with, and follows the one before.
SELECT count(*), count(*) FILTER (
  WHERE digest <> baohao_day_digest(point, day, tills, series, since, until, totals::text, prev) OR prev <> before)
FROM (SELECT d.*, coalesce(lag(digest) OVER (PARTITION BY bucket, point ORDER BY day), '') AS before
      FROM days d) AS closed

-- === figures of a month ==============================================================================

-- name: sum_income
-- Add up what became income in some time, by account.
SELECT x.account, (-sum(x.amount))::bigint
FROM entries e, unnest(e.accounts, e.amounts) AS x (account, amount)
WHERE e.recorded_at >= %b AND e.recorded_at < %b
  AND split_part(x.account, ':', 1) IN ('revenue', 'fees', 'breakage')
GROUP BY 1 ORDER BY 1

-- name: sum_sales
-- Add up what was sold in some time, by plan, channel, the agent that paid and the means: of captured money, its
-- gateway.
SELECT coalesce(p.plan, ''), coalesce(a.channel, ''),
       CASE WHEN e.payer LIKE 'float:%%' THEN split_part(e.payer, ':', 2) ELSE '' END AS agent,
       coalesce(g.gateway, split_part(e.payer, ':', 1), '') AS means, e.currency,
       count(*) FILTER (WHERE e.kind <> 'reversal'),
       coalesce(sum(s.minor) FILTER (WHERE e.kind <> 'reversal'), 0)::bigint,
       coalesce(-sum(s.minor) FILTER (WHERE e.kind = 'reversal'), 0)::bigint
FROM entries e
CROSS JOIN LATERAL (
  SELECT coalesce(sum(x.amount), 0) AS minor FROM unnest(e.accounts, e.amounts) AS x (account, amount)
  WHERE x.account LIKE 'clearing:%%') AS s
LEFT JOIN LATERAL (
  SELECT split_part(x.account, ':', 2) AS plan FROM unnest(e.accounts) AS x (account)
  WHERE x.account LIKE 'deferred:%%' OR x.account LIKE 'credit:%%' ORDER BY x.account DESC LIMIT 1) AS p ON true
LEFT JOIN LATERAL (
  SELECT j.channel FROM journal j
  WHERE j.bucket = e.bucket AND j.subject = e.subject AND j.seq <= e.seq AND j.recorded_at = e.recorded_at
    AND j.ask IS NOT NULL ORDER BY j.seq DESC LIMIT 1) AS a ON true
LEFT JOIN payments g ON split_part(e.payer, ':', 1) IN ('advance', 'refunds')
  AND g.bucket = baohao_bucket(split_part(e.payer, ':', 2)) AND g.id::text = split_part(e.payer, ':', 2)
WHERE e.recorded_at >= %b AND e.recorded_at < %b AND e.kind IN ('sale', 'top_up', 'reversal')
GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5

-- name: sum_deferred
-- Add up what is deferred by plan: before some time, and in it by kind of entry.
SELECT x.account, e.kind, e.recorded_at < %b AS is_before, (-sum(x.amount))::bigint
FROM entries e, unnest(e.accounts, e.amounts) AS x (account, amount)
WHERE e.recorded_at < %b AND x.account LIKE 'deferred:%%'
GROUP BY 1, 2, 3

-- name: read_floats
-- Read every float that is not empty.
SELECT account, balance_minor FROM accounts WHERE account LIKE 'float:%%' AND balance_minor > 0

-- name: list_float_credits
-- List what was paid into each float, the latest first.
SELECT x.account, e.recorded_at, -x.amount
FROM entries e, unnest(e.accounts, e.amounts) AS x (account, amount)
WHERE x.account LIKE 'float:%%' AND x.amount < 0
ORDER BY x.account, e.recorded_at DESC, e.id DESC

-- === people =========================================================================================

-- name: insert_document
-- Keep whose a document is; nothing where somebody has it.
INSERT INTO documents (bucket, digest, holder) VALUES (%b, %b, %b) ON CONFLICT (bucket, digest) DO NOTHING

-- name: find_holder_of_document
-- Find whose a document is.
SELECT holder FROM documents WHERE bucket = %b AND digest = %b

-- name: put_person
-- Keep who a holder is, with the key that was made first.
INSERT INTO people (bucket, holder, key, sealed, updated_at) VALUES (%b, %b, %b, %b, %b)
ON CONFLICT (bucket, holder) DO UPDATE SET sealed = excluded.sealed, updated_at = excluded.updated_at

-- name: read_person
-- Read who a holder is; locked, so that two clerks do not write over each other.
SELECT key, sealed FROM people WHERE bucket = %b AND holder = %b FOR UPDATE

-- name: look_at_person
-- Read who a holder is, where nothing of it is written.
SELECT key, sealed FROM people WHERE bucket = %b AND holder = %b

-- name: erase_person
-- Destroy a person's key with all that it seals.
DELETE FROM people WHERE bucket = %b AND holder = %b

-- name: list_documents
-- List the documents of a person, over all buckets.
SELECT bucket, digest FROM documents WHERE holder = %b ORDER BY bucket, digest

-- name: erase_document
-- Forget a document of an erased person.
DELETE FROM documents WHERE bucket = %b AND digest = %b

-- === the operator's console ==========================================================================

-- name: read_overview
-- Read the figures of an operator, and when they were made.
SELECT made_at, told FROM overviews WHERE bucket = %b AND operator = %b

-- name: put_overview
-- Keep the figures of an operator in place of those before; figures that were made later stay.
INSERT INTO overviews (bucket, operator, made_at, told) VALUES (%b, %b, %b, %b::json)
ON CONFLICT (bucket, operator) DO UPDATE SET made_at = excluded.made_at, told = excluded.told
WHERE overviews.made_at <= excluded.made_at

-- name: count_leaving
-- Count how many lines stand where on their way, and on which day each leaves that place, before an instant.
SELECT ladder, place,
       CASE WHEN starts[place + 1] < %b THEN (starts[place + 1] AT TIME ZONE %b::text)::date END AS day, count(*)
FROM (SELECT ladder, starts, greatest(width_bucket(%b::timestamptz, starts), 1) AS place FROM boundaries) AS b
GROUP BY 1, 2, 3

-- name: count_sales
-- Add up what was sold on lines of an operator since an instant, by civil day, channel, currency and what it was.
SELECT (e.recorded_at AT TIME ZONE %b::text)::date, coalesce(a.channel, ''), e.currency,
       CASE WHEN e.kind = 'sale' THEN coalesce(a.what, '') ELSE e.kind END, count(*), coalesce(sum(s.minor), 0)::bigint
FROM entries e
JOIN lines l ON l.bucket = e.bucket AND l.number = e.subject AND l.operator = %b
CROSS JOIN LATERAL (
  SELECT coalesce(sum(x.amount), 0) AS minor FROM unnest(e.accounts, e.amounts) AS x (account, amount)
  WHERE x.account LIKE 'clearing:%%') AS s
LEFT JOIN LATERAL (
  SELECT j.channel, j.payload -> 'act' ->> 1 AS what FROM journal j
  WHERE j.bucket = e.bucket AND j.subject = e.subject AND j.seq <= e.seq AND j.recorded_at = e.recorded_at
    AND j.ask IS NOT NULL ORDER BY j.seq DESC LIMIT 1) AS a ON true
WHERE e.recorded_at >= %b AND e.kind IN ('sale', 'top_up', 'reversal')
GROUP BY 1, 2, 3, 4

-- name: page_lines
-- List lines of an operator behind a key: of a plan, in a kind of stage, that leave it between two instants.
SELECT l.bucket, l.number, l.plan, l.pin, l.iccid, l.holder, l.safe_until, r.stages ->> (p.place - 1),
       r.kinds ->> (p.place - 1), b.starts[p.place + 1]
FROM lines l
JOIN boundaries b USING (bucket, number)
JOIN ladders r USING (ladder)
CROSS JOIN LATERAL (SELECT greatest(width_bucket(%b::timestamptz, b.starts), 1) AS place) AS p
WHERE (l.bucket, l.number) > (%b, %b) AND l.operator = %b
  AND (%b::text IS NULL OR l.plan = %b) AND (%b::text IS NULL OR r.kinds ->> (p.place - 1) = %b)
  AND (%b::timestamptz IS NULL OR b.starts[p.place + 1] >= %b)
  AND (%b::timestamptz IS NULL OR b.starts[p.place + 1] < %b)
ORDER BY l.bucket, l.number LIMIT %b

-- name: page_sales
-- List what was sold on lines of an operator between two instants behind a key, the latest first: in a channel, or
-- renewals alone.
SELECT e.recorded_at, e.bucket, e.id, e.subject, CASE WHEN e.kind = 'sale' THEN coalesce(a.what, '') ELSE e.kind END,
       coalesce(a.channel, ''), coalesce(a.principal, ''), a.ask, e.currency, s.minor
FROM entries e
JOIN lines l ON l.bucket = e.bucket AND l.number = e.subject AND l.operator = %b
CROSS JOIN LATERAL (
  SELECT coalesce(sum(x.amount), 0)::bigint AS minor FROM unnest(e.accounts, e.amounts) AS x (account, amount)
  WHERE x.account LIKE 'clearing:%%') AS s
LEFT JOIN LATERAL (
  SELECT j.channel, j.principal, j.ask, j.payload -> 'act' ->> 1 AS what FROM journal j
  WHERE j.bucket = e.bucket AND j.subject = e.subject AND j.seq <= e.seq AND j.recorded_at = e.recorded_at
    AND j.ask IS NOT NULL ORDER BY j.seq DESC LIMIT 1) AS a ON true
WHERE e.recorded_at >= %b AND e.recorded_at < %b AND e.kind IN ('sale', 'top_up', 'reversal')
  AND (e.recorded_at, e.bucket, e.id) < (%b, %b, %b)
  AND (%b::text IS NULL OR a.channel = %b) AND (NOT %b::boolean OR e.kind = 'sale' AND a.what = 'renewal')
ORDER BY e.recorded_at DESC, e.bucket DESC, e.id DESC LIMIT %b

-- name: list_exceptions_of
-- List what waits for a person on lines of an operator, and money whose line nobody knows; or what was closed too.
SELECT x.id, x.kind, x.subject, x.said, x.opened_at, x.due_at, x.owner, x.action, x.closed_by, x.why, x.closed_at
FROM exceptions x
LEFT JOIN payments p ON p.bucket = x.bucket AND p.id::text = x.subject
LEFT JOIN lines l ON l.bucket = baohao_bucket(p.number) AND l.number = p.number
WHERE (%b OR x.closed_at IS NULL) AND coalesce(l.operator, %b) = %b
ORDER BY x.due_at, x.bucket, x.id

-- name: sample_renewals
-- Draw renewals of an operator's lines that were sold in some time; the same seed draws the same ones.
SELECT j.ask, j.subject, j.recorded_at, j.principal, j.channel
FROM journal j
JOIN lines l ON l.bucket = j.bucket AND l.number = j.subject AND l.operator = %b
WHERE j.recorded_at >= %b AND j.recorded_at < %b AND j.kind = 'acted' AND j.ask IS NOT NULL
  AND j.payload -> 'act' ->> 1 = 'renewal' AND j.payload -> 'sold' IS NOT NULL
ORDER BY md5(%b::text || j.ask::text), j.subject LIMIT %b

-- name: read_entries_of
-- Read what was posted with the events of one subject, in order.
SELECT seq, recorded_at, id, kind, currency, reason, accounts, amounts
FROM entries WHERE bucket = %b AND subject = %b ORDER BY recorded_at, seq, id

-- name: count_blocks
-- Count an operator's lines by block of ten thousand numbers and by the kind of stage that each is in at an instant.
SELECT left(l.number, -4) AS block, r.kinds ->> (p.place - 1) AS kind, count(*)
FROM lines l
JOIN boundaries b USING (bucket, number)
JOIN ladders r USING (ladder)
CROSS JOIN LATERAL (SELECT greatest(width_bucket(%b::timestamptz, b.starts), 1) AS place) AS p
WHERE l.operator = %b
GROUP BY 1, 2

-- === publications of product managers ================================================================

-- name: insert_publication
-- Write a new draft, once.
INSERT INTO publications (bucket, operator, id, folder, name, body, state, made_by, made_at)
VALUES (%b, %b, %b, %b, %b, %b, 'draft', %b, %b)
ON CONFLICT (bucket, operator, id) DO NOTHING

-- name: rewrite_publication
-- Give a draft another text.
UPDATE publications SET name = %b, body = %b, made_by = %b, made_at = %b
WHERE bucket = %b AND operator = %b AND id = %b AND state = 'draft'

-- name: move_publication
-- Write the state of a document that was in another, and count publications and withdrawals.
UPDATE publications SET state = %b, approved_by = nullif(%b, ''), approved_at = %b, ended_by = nullif(%b, ''),
  ended_at = %b, why = %b, revision = CASE WHEN %b IN ('published', 'withdrawn')
    THEN (SELECT coalesce(max(d.revision), 0) + 1 FROM publications d) ELSE revision END
WHERE bucket = %b AND operator = %b AND id = %b AND state = %b

-- name: read_publication
-- Read one document of an operator.
SELECT operator, id, folder, name, body, state, made_by, made_at, coalesce(approved_by, ''), approved_at,
       coalesce(ended_by, ''), ended_at, why
FROM publications WHERE bucket = %b AND operator = %b AND id = %b

-- name: list_publications
-- List an operator's publications that were not dropped, the latest first.
SELECT operator, id, folder, name, body, state, made_by, made_at, coalesce(approved_by, ''), approved_at,
       coalesce(ended_by, ''), ended_at, why
FROM publications WHERE bucket = %b AND operator = %b AND state <> 'dropped' ORDER BY made_at DESC, id DESC

-- name: read_published
-- Read what is in force beside the files of the library.
SELECT operator, id, folder, name, body, state, made_by, made_at, coalesce(approved_by, ''), approved_at,
       coalesce(ended_by, ''), ended_at, why
FROM publications WHERE state = 'published' ORDER BY revision

-- name: lock_publications
-- Have publications come one after the other: each locks all that is in force or about to be.
SELECT id FROM publications WHERE state IN ('proposed', 'published') ORDER BY bucket, operator, id FOR UPDATE

-- name: read_revision_of_library
-- Read how often something was published or withdrawn.
SELECT coalesce(max(revision), 0) FROM publications

-- === campaigns =======================================================================================

-- name: insert_campaign
-- Plan a campaign, once.
INSERT INTO campaigns (bucket, operator, id, kind, plan, state, made_by, made_at, goes_on_at)
VALUES (%b, %b, %b, %b, %b::json, 'planned', %b, %b, %b)
ON CONFLICT (bucket, operator, id) DO NOTHING

-- name: move_campaign
-- Write how a campaign stands that stood in a state.
UPDATE campaigns SET state = %b, approved_by = nullif(%b, ''), approved_at = %b, ended_by = nullif(%b, ''),
  goes_on_at = %b, told_at = %b, at_bucket = %b, at_number = %b
WHERE bucket = %b AND operator = %b AND id = %b AND state = %b

-- name: read_campaign
-- Read one campaign of an operator.
SELECT operator, id, kind, plan, state, made_by, made_at, coalesce(approved_by, ''), approved_at, coalesce(ended_by, ''),
       goes_on_at, told_at, at_bucket, at_number
FROM campaigns WHERE bucket = %b AND operator = %b AND id = %b

-- name: list_campaigns
-- List an operator's campaigns, the latest first.
SELECT operator, id, kind, plan, state, made_by, made_at, coalesce(approved_by, ''), approved_at, coalesce(ended_by, ''),
       goes_on_at, told_at, at_bucket, at_number
FROM campaigns WHERE bucket = %b AND operator = %b ORDER BY made_at DESC, id DESC

-- name: list_open_campaigns
-- List the campaigns that are planned or under way.
SELECT operator, id, kind, plan, state, made_by, made_at, coalesce(approved_by, ''), approved_at, coalesce(ended_by, ''),
       goes_on_at, told_at, at_bucket, at_number
FROM campaigns WHERE state NOT IN ('over', 'dropped') ORDER BY operator, id

-- name: page_campaign_states
-- Read lines of an operator behind a key: under a policy, of a plan, whose numbers begin in some way, held by somebody.
SELECT l.state FROM lines l
WHERE (l.bucket, l.number) > (%b, %b) AND l.operator = %b AND (%b::text IS NULL OR l.pin = %b)
  AND (%b::text IS NULL OR l.plan = %b) AND l.number LIKE ANY (%b::text[])
  AND (NOT %b::boolean OR EXISTS (
    SELECT FROM tenures t WHERE t.bucket = l.bucket AND t.number = l.number AND t.until IS NULL))
ORDER BY l.bucket, l.number LIMIT %b

-- name: count_campaign_lines
-- Count such lines, and those of them that leave the stage that they are in before an instant.
SELECT count(*), count(*) FILTER (WHERE b.starts[greatest(width_bucket(now.at, b.starts), 1) + 1] < %b::timestamptz)
FROM lines l
JOIN boundaries b USING (bucket, number)
CROSS JOIN (SELECT clock_timestamp() + clock_offset AS at FROM house) AS now
WHERE l.operator = %b AND (%b::text IS NULL OR l.pin = %b) AND (%b::text IS NULL OR l.plan = %b)
  AND l.number LIKE ANY (%b::text[])
  AND (NOT %b::boolean OR EXISTS (
    SELECT FROM tenures t WHERE t.bucket = l.bucket AND t.number = l.number AND t.until IS NULL))

-- name: put_campaign_lines
-- Write what became of lines of a campaign.
INSERT INTO campaign_lines (campaign, done_at, bucket, number, outcome, code, days, was, will, told_at)
SELECT %b, %b, t.* FROM unnest(%b::smallint[], %b::text[], %b::text[], %b::text[], %b::int[], %b::date[], %b::date[],
                               %b::timestamptz[]) AS t
ON CONFLICT (bucket, campaign, number) DO UPDATE SET outcome = excluded.outcome, code = excluded.code,
  days = excluded.days, was = excluded.was, will = excluded.will,
  told_at = coalesce(campaign_lines.told_at, excluded.told_at), done_at = excluded.done_at

-- name: page_campaign_lines
-- List lines of a campaign behind a key: all, or those of some outcomes.
SELECT number, outcome, code, days, was, will, told_at FROM campaign_lines
WHERE campaign = %b AND (bucket, number) > (%b, %b) AND (%b::text[] IS NULL OR outcome = ANY (%b::text[]))
ORDER BY bucket, number LIMIT %b

-- name: count_campaign_outcomes
-- Count lines of a campaign by what became of them, with the most days that any gained and lost.
SELECT outcome, code, count(*), coalesce(greatest(max(days), 0), 0), coalesce(greatest(-min(days), 0), 0)
FROM campaign_lines WHERE campaign = %b GROUP BY 1, 2 ORDER BY 1, 2
-- === what holders are told ===========================================================================

-- name: read_preferences
-- Read how a holder wants to be told, and the key of it.
SELECT key, sealed FROM preferences WHERE bucket = %b AND holder = %b

-- name: insert_preferences
-- Make a holder's key, once.
INSERT INTO preferences (bucket, holder, key, sealed, updated_at) VALUES (%b, %b, %b, '', %b)
ON CONFLICT (bucket, holder) DO NOTHING

-- name: put_preferences
-- Keep how a holder wants to be told.
UPDATE preferences SET sealed = %b, updated_at = %b WHERE bucket = %b AND holder = %b

-- name: erase_preferences
-- Destroy a holder's key: what they were told is not readable any more.
DELETE FROM preferences WHERE bucket = %b AND holder = %b

-- name: read_tenure
-- Read who had a number in one of its tenures, and whether that goes on.
SELECT holder, until IS NULL FROM tenures WHERE bucket = %b AND number = %b AND epoch = %b

-- name: take_message_effects
-- Take the messages that decisions owe, to write them down in the same transaction.
WITH t AS MATERIALIZED (
    SELECT bucket, id FROM effects
    WHERE kind = 'message' AND due_at <= %b AND (SELECT is_open FROM house)
    ORDER BY due_at, bucket, id LIMIT %b FOR UPDATE SKIP LOCKED
)
DELETE FROM effects e USING t
WHERE e.bucket = t.bucket AND e.id = t.id
RETURNING e.id, e.subject, e.epoch, e.due_at, e.data

-- name: insert_message
-- Write a message down that is to be sent, once for each channel.
INSERT INTO messages (bucket, id, number, epoch, what, key, channel, language, deadline, version, digest, sealed,
                      code, made_at, state, due_at, done_at, reply)
VALUES (%b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b, %b)
ON CONFLICT (bucket, number, epoch, key, channel) DO NOTHING

-- name: claim_messages
-- Claim messages that are due, for as long as the lease says; a house that is closed sends none.
UPDATE messages m
SET lease = %b, tries = tries + 1
FROM (SELECT bucket, id FROM messages
      WHERE state = 'waiting' AND due_at <= %b AND (lease IS NULL OR lease <= %b) AND (SELECT is_open FROM house)
      ORDER BY due_at, bucket, id LIMIT %b FOR UPDATE SKIP LOCKED) AS t
WHERE m.bucket = t.bucket AND m.id = t.id
RETURNING m.id, m.number, m.epoch, m.what, m.key, m.channel, m.language, m.deadline, m.version, m.digest, m.sealed,
          m.code, m.made_at, m.state, m.tries, m.done_at, m.reply

-- name: finish_message
-- Note what has become of a message, unless the lease has gone to somebody else meanwhile.
UPDATE messages SET state = %b, due_at = %b, done_at = %b, reply = %b, lease = NULL
WHERE bucket = %b AND id = %b AND tries = %b AND state = 'waiting'

-- name: list_messages
-- List what the holders of a number were told, the last first.
SELECT id, number, epoch, what, key, channel, language, deadline, version, digest, sealed, code, made_at, state, tries,
       done_at, reply
FROM messages WHERE bucket = %b AND number = %b ORDER BY made_at DESC, id DESC LIMIT %b

-- name: list_messages_of_code
-- List the messages that carry a code and have left the house, the last first.
SELECT id, number, epoch, what, key, channel, language, deadline, version, digest, sealed, code, made_at, state, tries,
       done_at, reply
FROM messages WHERE code = %b AND state = 'sent' ORDER BY done_at DESC LIMIT 1

-- name: read_message
-- Read a message.
SELECT id, number, epoch, what, key, channel, language, deadline, version, digest, sealed, code, made_at, state, tries,
       done_at, reply
FROM messages WHERE bucket = %b AND id = %b

-- name: list_latest_messages
-- List what was sent last, for the demo to show.
SELECT id, number, epoch, what, key, channel, language, deadline, version, digest, sealed, code, made_at, state, tries,
       done_at, reply
FROM messages WHERE state = 'sent' ORDER BY done_at DESC, id DESC LIMIT %b

-- name: has_messages
-- Say whether somebody is to be told something now, in a house that is open.
SELECT is_open AND (
    EXISTS (SELECT FROM effects WHERE kind = 'message' AND due_at <= clock_timestamp() + clock_offset)
    OR EXISTS (SELECT FROM messages WHERE state = 'waiting' AND due_at <= clock_timestamp() + clock_offset
               AND (lease IS NULL OR lease <= clock_timestamp() + clock_offset)))
FROM house

-- name: take_rounds
-- Take buckets that are to be looked through; whoever has them looks alone.
UPDATE reminder_rounds r
SET at = %b
FROM (SELECT bucket FROM reminder_rounds WHERE at <= %b AND (SELECT is_open FROM house)
      ORDER BY at, bucket LIMIT %b FOR UPDATE SKIP LOCKED) AS t
WHERE r.bucket = t.bucket
RETURNING r.bucket

-- name: list_to_remind
-- List the lines of buckets whose holders may have to be told: those that moved on, and those with a reminder due.
SELECT l.state, m.until
FROM lines l LEFT JOIN reminder_marks m ON m.bucket = l.bucket AND m.number = l.number
WHERE l.bucket = ANY(%b::smallint[]) AND l.epoch > 0
  AND (m.number IS NULL OR m.version <> l.version OR m.next_at <= %b)

-- name: put_reminder_marks
-- Note how far reminders were worked out.
INSERT INTO reminder_marks AS m (bucket, number, version, until, next_at)
SELECT * FROM unnest(%b::smallint[], %b::text[], %b::int[], %b::timestamptz[], %b::timestamptz[])
ON CONFLICT (bucket, number) DO UPDATE SET version = excluded.version, until = excluded.until,
                                           next_at = excluded.next_at

-- name: look_again
-- Have a line's reminders worked out anew: its holder wants to be told otherwise.
UPDATE reminder_marks SET version = 0 WHERE bucket = %b AND number = %b

-- name: look_through
-- Have a bucket looked through at the next turn.
UPDATE reminder_rounds SET at = '-infinity' WHERE bucket = %b

-- name: read_calendar
-- Read the id in the address of a holder's calendar.
SELECT id, made_at FROM calendars WHERE bucket = %b AND holder = %b

-- name: find_calendar
-- Find whose calendar is at an address.
SELECT holder FROM calendars WHERE bucket = %b AND id = %b

-- name: put_calendar
-- Give a holder's calendar a new address; the old one leads nowhere any more.
INSERT INTO calendars AS c (bucket, holder, id, made_at) VALUES (%b, %b, %b, %b)
ON CONFLICT (bucket, holder) DO UPDATE SET id = excluded.id, made_at = excluded.made_at

-- name: delete_calendar
-- Take the address of a holder's calendar away.
DELETE FROM calendars WHERE bucket = %b AND holder = %b

-- name: list_kept
-- List the cards that keepers watch over, as they stand, with what they say of each and the key to it.
SELECT l.state, n.version, n.sealed, p.key
FROM tenures t
JOIN lines l ON l.bucket = t.bucket AND l.number = t.number
LEFT JOIN preferences p ON p.bucket = baohao_bucket(t.holder) AND p.holder = t.holder
LEFT JOIN card_notes n ON n.bucket = baohao_bucket(t.holder) AND n.keeper = t.holder AND n.card = t.number
WHERE t.holder = ANY(%b::text[]) AND t.until IS NULL AND strpos(t.number, '~') > 0
  AND NOT EXISTS (SELECT FROM forgotten_cards f WHERE f.bucket = baohao_bucket(t.holder) AND f.keeper = t.holder
                                                  AND f.card = t.number AND f.epochs >= t.epoch)
ORDER BY t.number

-- name: list_kept_lives
-- Count the lives of every card of a keeper, those they had erased, too.
SELECT number, epoch FROM tenures
WHERE holder = %b AND until IS NULL AND strpos(number, '~') > 0
-- name: page_kept_under
-- List kept cards that are under some policies, behind a key.
SELECT l.state
FROM tenures t
JOIN lines l ON l.bucket = t.bucket AND l.number = t.number
WHERE t.until IS NULL AND strpos(t.number, '~') > 0 AND l.pin = ANY(%b::text[])
  AND (t.bucket, t.number) > (%b::smallint, %b)
ORDER BY t.bucket, t.number LIMIT %b

-- name: insert_card_note
-- Keep what a keeper says of a card for the first time.
INSERT INTO card_notes (bucket, keeper, card, version, sealed, updated_at) VALUES (%b, %b, %b, 1, %b, %b)
ON CONFLICT (bucket, keeper, card) DO NOTHING

-- name: update_card_note
-- Keep what a keeper says of a card in place of what was shown to them.
UPDATE card_notes SET version = version + 1, sealed = %b, updated_at = %b
WHERE bucket = %b AND keeper = %b AND card = %b AND version = %b

-- name: insert_card_notes
-- Keep what a keeper says of cards of which nothing was said yet.
INSERT INTO card_notes (bucket, keeper, card, version, sealed, updated_at)
SELECT %b, %b, t.card, 1, t.sealed, %b FROM unnest(%b::text[], %b::text[]) AS t (card, sealed)
ON CONFLICT (bucket, keeper, card) DO NOTHING

-- name: put_forgotten_cards
-- Show nobody any more the cards that a keeper had erased, in the lives that they have had.
INSERT INTO forgotten_cards (bucket, keeper, card, epochs)
SELECT %b, %b, t.card, t.epochs FROM unnest(%b::text[], %b::int[]) AS t (card, epochs)
ON CONFLICT (bucket, keeper, card) DO UPDATE SET epochs = greatest(forgotten_cards.epochs, excluded.epochs)

-- name: delete_kept_customers
-- Forget the customers of a keeper.
DELETE FROM kept_customers WHERE bucket = %b AND keeper = %b

-- name: delete_card_notes
-- Forget all that a keeper said.
DELETE FROM card_notes WHERE bucket = %b AND keeper = %b

-- name: lock_keeper
-- Have who writes for a keeper wait for whoever writes for them now.
SELECT FROM preferences WHERE bucket = %b AND holder = %b FOR UPDATE

-- name: list_kept_customers
-- List the customers of a keeper, and what the keeper says of themself, with the key to it.
SELECT c.customer, c.version, c.sealed, p.key
FROM kept_customers c
LEFT JOIN preferences p ON p.bucket = c.bucket AND p.holder = c.keeper
WHERE c.bucket = %b AND c.keeper = %b
ORDER BY c.customer

-- name: insert_kept_customer
-- Keep what a keeper says of a customer for the first time.
INSERT INTO kept_customers (bucket, keeper, customer, version, sealed, updated_at) VALUES (%b, %b, %b, 1, %b, %b)
ON CONFLICT (bucket, keeper, customer) DO NOTHING

-- name: update_kept_customer
-- Keep what a keeper says of a customer in place of what was shown to them.
UPDATE kept_customers SET version = version + 1, sealed = %b, updated_at = %b
WHERE bucket = %b AND keeper = %b AND customer = %b AND version = %b

