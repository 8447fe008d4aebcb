-- The spike's tables: the shapes of design.md section 5, with toy columns. Text is COLLATE "C" so that keys compare by bytes.
create table lines (
  bucket smallint not null, number text collate "C" not null, version int not null default 1,
  safe_until date not null, seq int not null default 0, head bytea not null default sha256(''),
  state jsonb not null, primary key (bucket, number)) with (fillfactor = 80);
create table accounts (
  bucket smallint not null, account text collate "C" not null, balance_minor bigint not null check (balance_minor >= 0),
  primary key (bucket, account)) with (fillfactor = 50);
create table keys (
  bucket smallint not null, principal text collate "C" not null, key text collate "C" not null,
  body bytea not null, answer jsonb not null, primary key (bucket, principal, key));
create table keys_by_uuid (key uuid primary key, body bytea not null, answer jsonb not null);
create table benefits (
  bucket smallint not null, seq int not null, number text collate "C" not null, starts date not null, ends date not null,
  live bool not null default true, entry uuid, primary key (bucket, number, seq));
create unique index benefits_live on benefits (bucket, number, starts) where live;
create table benefits_by_uuid (
  bucket smallint not null, id uuid not null, number text collate "C" not null, starts date not null, ends date not null,
  live bool not null default true, entry uuid, primary key (bucket, id));
create unique index benefits_by_uuid_live on benefits_by_uuid (bucket, number, starts) where live;
create table due (
  bucket smallint not null, number text collate "C" not null, kind smallint not null, at timestamptz not null,
  primary key (bucket, number, kind)) with (fillfactor = 80);
create table bounds (
  bucket smallint not null, number text collate "C" not null, grace_at timestamptz not null, lost_at timestamptz not null,
  primary key (bucket, number)) with (fillfactor = 80);
create index due_at on due (at, bucket, number);

create table journal (
  recorded_at timestamptz not null, bucket smallint not null, subject text collate "C" not null, seq int not null,
  kind text not null, payload jsonb not null, hash bytea not null, primary key (bucket, subject, seq, recorded_at)
) partition by range (recorded_at);
create table entries (
  recorded_at timestamptz not null, bucket smallint not null, id uuid not null, accounts text[] not null,
  amounts bigint[] not null, primary key (bucket, id, recorded_at)
) partition by range (recorded_at);
do $$ begin
  for m in 0..23 loop
    execute format('create table journal_%1$s partition of journal for values from (%2$L) to (%3$L)',
      m, date '2026-01-01' + m * interval '1 month', date '2026-01-01' + (m + 1) * interval '1 month');
    execute format('create table entries_%1$s partition of entries for values from (%2$L) to (%3$L)',
      m, date '2026-01-01' + m * interval '1 month', date '2026-01-01' + (m + 1) * interval '1 month');
  end loop; end $$;
create table journal_whole (like journal including all);
create table postings (
  recorded_at timestamptz not null, bucket smallint not null, entry uuid not null, account text collate "C" not null,
  amount bigint not null, primary key (bucket, entry, account, recorded_at));

-- A spread agent or till has its own row; agent 0 is the hot one.
insert into accounts select n % 4096, 'float:' || n, 1000000000000 from generate_series(0, 9999) n;
insert into lines select n % 4096, '+853' || 60000000 + n, 1, date '2027-01-01' + n % 365, 0, sha256(''),
  jsonb_build_object('plan', 'yearly', 'policy', 'demo-yearly@1', 'stage', 'active', 'anchor', '2026-01-31', 'allow', '{"voice": 100, "sms": 50, "data": 1024}'::jsonb)
  from generate_series(0, :lines - 1) n order by n % 4096, n;
insert into due select n % 4096, '+853' || 60000000 + n, 1, date '2027-01-01' + n % 365 from generate_series(0, :lines - 1) n order by n % 4096, n;
insert into bounds select bucket, number, at, at + interval '90 days' from due order by 1, 2;
vacuum (freeze, analyze);
