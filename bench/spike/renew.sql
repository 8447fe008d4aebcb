-- The rival: one renewal, one plpgsql call, one transaction, all three locks, the same rows as the door writes.
create or replace function renew(p_agent int, p_n int, p_principal text, p_key text, p_body bytea) returns jsonb language plpgsql as $$
declare
  k record; l record; b bigint; price constant bigint := 5000; at timestamptz; until date; answer jsonb; event jsonb;
  p_bucket constant smallint := p_n % 4096; p_number constant text := '+853' || 60000000 + p_n; entry constant uuid := uuidv7(); h bytea;
begin
  select * into k from keys where bucket = p_bucket and principal = p_principal and key = p_key;
  if found then return k.answer; end if;
  select * into strict l from lines where bucket = p_bucket and number = p_number for update;
  select balance_minor into strict b from accounts where bucket = p_agent % 4096 and account = 'float:' || p_agent for update;
  if b < price then return '{"refused": "float.short"}'; end if;
  at := clock_timestamp(); until := l.safe_until + interval '12 months';
  answer := jsonb_build_object('until', until, 'seq', l.seq + 1);
  event := jsonb_build_object('from', l.safe_until, 'until', until, 'price_minor', price, 'key', p_key);
  h := sha256(l.head || convert_to(event::text, 'UTF8'));
  update lines set version = version + 1, seq = l.seq + 1, safe_until = until, head = h, state = l.state || '{"stage": "active"}'
    where bucket = p_bucket and number = p_number;
  insert into benefits values (p_bucket, l.seq + 1, p_number, l.safe_until, until, true, entry);
  insert into journal values (at, p_bucket, p_number, l.seq + 1, 'renewed', event, h);
  insert into entries values (at, p_bucket, entry, array['float:' || p_agent, 'deferred:yearly'], array[-price, price]);
  update accounts set balance_minor = balance_minor - price where bucket = p_agent % 4096 and account = 'float:' || p_agent;
  update bounds set grace_at = until, lost_at = until + 90 where bucket = p_bucket and number = p_number;
  insert into keys values (p_bucket, p_principal, p_key, p_body, answer);
  return answer;
end $$;
