-- What a checkout's page offers besides the price: decided when it is asked for, so that a repetition asks the same (R6).
alter table checkouts
  add column trial_days integer not null default 0 check (trial_days >= 0),
  add column promotion_codes boolean not null default false,
  add column automatic_tax boolean not null default false,
  -- its page has closed with nobody having paid; stays true of one that is paid after all
  add column was_expired boolean not null default false;
update checkouts set was_expired = true
where state = 'expired' or exists (
  select from timeline
  where timeline.subscription_id = checkouts.subscription_id
    and timeline.inputs -> 'life' -> 'checkout' ->> 'state' = 'expired');
alter table checkouts add constraint expired_is_remembered check (state <> 'expired' or was_expired);

-- How far the checkouts of a month came. The month (UTC) is that of the asking; started is the sum of the five after it.
-- revived: paid after they had expired, and so among the completed.
create view checkout_funnel as
  select date_trunc('month', created_at at time zone 'UTC')::date as month, provider, tier, "interval",
    count(*) as started,
    count(*) filter (where state in ('opening', 'open')) as open,
    count(*) filter (where state = 'complete') as completed,
    count(*) filter (where state = 'expired') as expired,
    count(*) filter (where state = 'replaced') as replaced,
    count(*) filter (where state = 'refused') as refused,
    count(*) filter (where state = 'complete' and was_expired) as revived
  from checkouts
  group by 1, provider, tier, "interval";
