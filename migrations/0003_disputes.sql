-- What customers' banks ask back, by the provider's dispute id.
create table disputes (
  provider text not null check (provider in ('stripe', 'razorpay')),
  id text not null,
  subscription_id uuid not null references subscriptions (id),
  payment_id text not null,
  status text not null check (status in ('inquiry', 'open', 'lost', 'won', 'closed')),
  amount bigint not null,
  currency text not null,
  -- what the bank has of it now: a dispute that is won gives back what it took when it was opened or lost
  taken bigint not null check (taken between 0 and amount),
  disputed_at timestamptz not null,
  primary key (provider, id)
);
create index disputes_of_subscription on disputes (subscription_id);

-- A customer that is deleted at Stripe wakes those of its subscriptions that have not ended.
create index subscriptions_of_stripe_customer on subscriptions (stripe_customer_id) where ended_at is null;
