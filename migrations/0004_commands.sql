-- What people and the API can ask of a subscription, and what can come of a request to a provider.
alter table commands drop constraint commands_kind_check;
alter table commands add constraint commands_kind_check check (kind in (
  'checkout', 'cancel', 'cancel_at_period_end', 'uncancel', 'pause', 'resume', 'retry_payment', 'change', 'resync', 'unpark'
));
alter table provider_calls drop constraint provider_calls_reason_check;
alter table provider_calls add constraint provider_calls_reason_check check (
  reason in ('paid_meanwhile', 'provider_refused', 'checkout_closed', 'payment_failed')
);
