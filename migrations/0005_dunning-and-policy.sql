-- What a customer who has not paid is asked for, and by when.
alter table subscriptions
  add column unpaid_since timestamptz,
  -- days by which an operator has put off the end of access; null: none
  add column grace_extended_days integer check (grace_extended_days > 0),
  -- when the provider itself tries again, beside our own calendar
  add column next_payment_attempt_at timestamptz,
  -- terms that the provider takes up by itself later
  add column scheduled_at timestamptz,
  add column scheduled_tier text,
  add column scheduled_price_id text,
  add column scheduled_interval text check (scheduled_interval in ('month', 'year')),
  add column scheduled_quantity integer check (scheduled_quantity > 0),
  add constraint scheduled_is_whole check (
    num_nulls(scheduled_at, scheduled_tier, scheduled_price_id, scheduled_interval, scheduled_quantity) in (0, 5));
-- what is overdue says since when; until now the end of access was the only time that was kept
update subscriptions set unpaid_since = since, grace_until = coalesce(grace_until, since)
where status in ('past_due', 'unpaid');
alter table subscriptions drop constraint status_has_its_times;
alter table subscriptions add constraint status_has_its_times check (
  (status <> 'trialing' or trial_end is not null)
  and (status in ('past_due', 'unpaid')) = (unpaid_since is not null)
  and (status in ('past_due', 'unpaid')) = (grace_until is not null)
  and (status in ('canceled', 'incomplete_expired')) = (ended_at is not null));

alter table commands drop constraint commands_kind_check;
alter table commands add constraint commands_kind_check check (kind in (
  'checkout', 'cancel', 'cancel_at_period_end', 'uncancel', 'pause', 'resume', 'retry_payment', 'change',
  'extend_grace', 'resync', 'unpark'
));
alter table provider_calls drop constraint provider_calls_reason_check;
alter table provider_calls add constraint provider_calls_reason_check check (
  reason in ('paid_meanwhile', 'provider_refused', 'checkout_closed', 'payment_failed', 'not_needed')
);
