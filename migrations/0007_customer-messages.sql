-- Alerts to operators and messages to customers go the same way out, each to its own channels.
alter table alerts add column audience text not null default 'operators'
  check (audience in ('operators', 'customer'));

-- A channel can say for good that it will not take one: that ends the delivery, and last_error says why.
alter table deliveries add column refused_at timestamptz;
alter table deliveries add constraint refusals_are_explained check (refused_at is null or last_error is not null);
alter table deliveries add constraint one_end check (num_nonnulls(delivered_at, refused_at) <= 1);
drop index deliveries_open;
create index deliveries_open on deliveries (next_attempt_at) where delivered_at is null and refused_at is null;
