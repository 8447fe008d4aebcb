-- The rival: one renewal, one plpgsql call, one transaction. It keeps the same three locks and writes the same
-- rows of the same tables as the door, in as few statements as we know how, with the rules of one product,
-- one payer and no promotions written into it. What the door's rules would ask of a policy is a constant here.
CREATE OR REPLACE FUNCTION rival_renew(p_principal text, p_number text, p_version int, p_key text, p_body bytea)
    RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    price    CONSTANT bigint := 12000;
    zone     CONSTANT text := 'Asia/Macau';
    p_payer  CONSTANT text := 'float:' || p_principal || ':MOP';
    ask      CONSTANT uuid := uuidv7();
    transfer CONSTANT uuid := uuidv7();
    b        CONSTANT smallint := baohao_bucket(p_number);
    payer_b  CONSTANT smallint := baohao_bucket(p_payer);
    said text; line record; money bigint; house record; ends timestamptz; day_one date; day_last date;
    lived jsonb; event jsonb; act jsonb; sold jsonb; digest bytea; answer text; micros_now bigint; micros_was bigint; micros_until bigint; ordinal int;
BEGIN
    SELECT k.answer INTO said FROM keys k WHERE k.bucket = b AND k.principal = p_principal AND k.key = p_key;
    IF FOUND THEN RETURN said; END IF;
    SELECT * INTO STRICT line FROM lines l WHERE l.bucket = b AND l.number = p_number FOR UPDATE;
    SELECT balance_minor INTO STRICT money FROM accounts a WHERE a.bucket = payer_b AND a.account = p_payer FOR UPDATE;
    SELECT clock_timestamp() + clock_offset AS now, is_open INTO STRICT house FROM house h;
    IF NOT house.is_open OR money < price OR (p_version > 0 AND line.version <> p_version) THEN RETURN 'refused'; END IF;

    micros_now := extract(epoch FROM house.now) * 1000000;
    lived := line.state;
    micros_was := (lived #>> '{12,0,2,service,0}')::bigint;
    ends := to_timestamp(micros_was / 1000000.0) AT TIME ZONE zone;
    day_one := ends::date;
    ends := (ends::timestamp + interval '12 months') AT TIME ZONE zone;
    day_last := (ends AT TIME ZONE zone)::date;
    micros_until := extract(epoch FROM ends) * 1000000;
    ordinal := day_last - date '0001-01-01';

    act := jsonb_build_array(ask, 'renewal', micros_now, price, null, 76, '[]'::jsonb,
                             '[["data_mb", 200], ["sms", 30], ["voice_minutes", 60]]'::jsonb, 'agent');
    sold := jsonb_build_array(ask, micros_now, 'agent', jsonb_build_array('demo', line.plan, 'MOP', price, 0, 0, 0,
                              '[]'::jsonb, '[]'::jsonb, p_payer, transfer), price, '[]'::jsonb);
    event := jsonb_build_object('v', 1, 'act', act, 'sold', sold);
    digest := sha256(line.head || convert_to(event::text, 'UTF8'));
    UPDATE lines l
    SET version = line.version + 1, head = digest, recorded_at = house.now, safe_until = ends + interval '90 days',
        state = (jsonb_set(jsonb_insert(jsonb_insert(jsonb_set(jsonb_insert(lived, '{11,-1}', act, true),
            '{12,0,2,service}', jsonb_build_array(micros_until, ordinal, lived #> '{12,0,2,service,2}',
                                                  lived #> '{12,0,2,service,3}', ordinal, 0)),
            '{12,0,17,-1}', jsonb_build_array(ask, 'service', 'paid', 76, micros_was, micros_until), true),
            '{14,-1}', sold, true), '{15}', to_jsonb(line.version + 1)))::json
    WHERE l.bucket = b AND l.number = p_number;
    UPDATE boundaries t
    SET starts = ARRAY[house.now, ends, ends + interval '30 days', ends + interval '90 days', ends + interval '180 days']
    WHERE t.bucket = b AND t.number = p_number;
    INSERT INTO benefits (bucket, number, epoch, seq, n, act, clock, kind, starts_at, ends_at)
    VALUES (b, p_number, line.epoch, line.version + 1, 0, ask, 'service', 'paid', to_timestamp(micros_was / 1000000.0), ends);
    INSERT INTO journal (recorded_at, bucket, subject, seq, effective_at, kind, ask, principal, channel, payload, prev, hash)
    VALUES (house.now, b, p_number, line.version + 1, house.now, 'acted', ask, p_principal, 'agent', event, line.head, digest);
    INSERT INTO entries (recorded_at, bucket, id, subject, seq, kind, currency, transfer, payer, reason, accounts, amounts)
    VALUES (house.now, b, uuidv7(), p_number, line.version + 1, 'sale', 'MOP', transfer, p_payer, '',
            ARRAY['clearing::MOP', 'deferred:keep12:MOP'], ARRAY[price, -price]),
           (house.now, payer_b, uuidv7(), p_payer, 0, 'transfer', 'MOP', transfer, p_payer, '',
            ARRAY[p_payer, 'clearing::MOP'], ARRAY[price, -price]);
    INSERT INTO deferrals (bucket, subject, seq, plan, currency, months, amounts)
    SELECT b, p_number, line.version + 1, line.plan, 'MOP', array_agg(d.month ORDER BY d.month),
           array_agg(price * (d.ends - day_one) / (day_last - day_one) - price * (d.begins - day_one) / (day_last - day_one) ORDER BY d.month)
    FROM (SELECT m::date AS month, greatest(m::date, day_one) AS begins, least((m + interval '1 month')::date, day_last) AS ends
          FROM generate_series(date_trunc('month', day_one::timestamp), day_last - 1, interval '1 month') m) d;
    UPDATE accounts a SET balance_minor = money - price WHERE a.bucket = payer_b AND a.account = p_payer;
    INSERT INTO effects (bucket, id, subject, epoch, kind, due_at, data)
    VALUES (b, uuidv7(), p_number, line.epoch, 'message', house.now, '{"what": "renewal"}');
    INSERT INTO receipt_places (bucket, ask, line, due_at)
    VALUES (baohao_bucket(ask::text), ask::text, p_number, house.now);
    answer := format('{"id":"%s","version":%s,"until":"%s","total":%s,"currency":"MOP"}', ask, line.version + 1, ends, price);
    INSERT INTO keys (bucket, principal, key, body, answer, subject, seq, recorded_at)
    VALUES (b, p_principal, p_key, p_body, answer, p_number, line.version + 1, house.now);
    RETURN answer;
END
$$;
