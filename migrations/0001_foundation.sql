-- Perennial's memory. Times are timestamptz in UTC; money is integer minor units with a currency.
-- now() stamps received_at, updated_at and the like only; business times are passed in (rule R13).

-- R13: time is data. In production the offset is 0 and stays 0; only a database declared a sandbox may move it.
create table clock (
  only_row boolean primary key default true check (only_row),
  sandbox boolean not null default false,
  offset_ms bigint not null default 0 check (offset_ms >= 0),
  constraint production_time_is_real check (sandbox or offset_ms = 0)
);
insert into clock default values;

create table catalog_versions (
  version integer generated always as identity primary key,
  sha256 text not null,
  body jsonb not null,
  published_at timestamptz not null default now()
);

create table customers (
  id uuid primary key,
  -- R10: nothing that looks like an e-mail address
  receipt text not null unique check (receipt ~ '^[^[:space:]@]{1,200}$'),
  email text,
  stripe_customer_id text unique check (stripe_customer_id <> ''),
  razorpay_customer_id text unique check (razorpay_customer_id <> ''),
  live_subscription_id uuid,
  blocked boolean not null default false,
  blocked_reason text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table checkouts (
  id uuid primary key,
  customer_id uuid not null references customers (id),
  subscription_id uuid not null unique,
  provider text not null check (provider in ('stripe', 'razorpay')),
  tier text not null,
  "interval" text not null check ("interval" in ('month', 'year')),
  quantity integer not null check (quantity > 0),
  price_id text not null,
  state text not null check (state in ('opening', 'open', 'complete', 'expired', 'replaced', 'refused')),
  -- the checkout that this one took the place of (R9); its session is expired before ours is opened
  replaces uuid unique references checkouts (id),
  session_id text,
  url text,
  expires_at timestamptz,
  -- the turns before a subscription is born are counted and woken here
  version integer not null default 0 check (version >= 0),
  next_deadline_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null default now(),
  unique (provider, session_id),
  constraint open_has_its_page check (state <> 'open' or (session_id is not null and url is not null))
);
create index checkouts_overdue on checkouts (next_deadline_at) where next_deadline_at is not null;
-- R9: one open checkout per customer, whoever asks and however often
create unique index one_open_checkout on checkouts (customer_id) where state in ('opening', 'open');

create table subscriptions (
  id uuid primary key,
  customer_id uuid not null references customers (id),
  provider text not null check (provider in ('stripe', 'razorpay')),
  stripe_subscription_id text unique,
  stripe_customer_id text,
  razorpay_subscription_id text unique,
  razorpay_customer_id text,
  tier text not null,
  price_id text not null,
  status text not null check (status in
    ('incomplete', 'incomplete_expired', 'trialing', 'active', 'past_due', 'unpaid', 'paused', 'canceled')),
  started_at timestamptz not null,
  since timestamptz not null,
  current_period_start timestamptz not null,
  current_period_end timestamptz not null,
  trial_end timestamptz,
  cancel_at timestamptz,
  canceled_at timestamptz,
  ended_at timestamptz,
  grace_until timestamptz,
  amount bigint not null,
  currency text not null,
  "interval" text not null check ("interval" in ('month', 'year')),
  quantity integer not null check (quantity >= 0),
  duplicate_of uuid,
  successor_of uuid references subscriptions (id),
  needs_attention text,
  next_deadline_at timestamptz,
  version integer not null check (version > 0),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- the provider's own ids, and no other's
  constraint one_provider_id check (case provider
    when 'stripe' then num_nonnulls(stripe_subscription_id, stripe_customer_id) = 2
      and num_nonnulls(razorpay_subscription_id, razorpay_customer_id) = 0
    else num_nonnulls(razorpay_subscription_id, razorpay_customer_id) = 2
      and num_nonnulls(stripe_subscription_id, stripe_customer_id) = 0
  end),
  -- what each status must have to be read; an end has a time, and a time of its end only what has ended
  constraint status_has_its_times check (
    (status <> 'trialing' or trial_end is not null)
    and (status <> 'past_due' or grace_until is not null)
    and (status in ('canceled', 'incomplete_expired')) = (ended_at is not null)),
  -- R9: it is the duplicate of another one of the same customer
  unique (id, customer_id),
  foreign key (duplicate_of, customer_id) references subscriptions (id, customer_id),
  constraint no_duplicate_of_itself check (duplicate_of <> id)
);
create index subscriptions_of_customer on subscriptions (customer_id);
create index subscriptions_overdue on subscriptions (next_deadline_at) where next_deadline_at is not null;
-- R9: what gives a customer access is the customer's own
alter table customers add constraint live_is_its_own
  foreign key (live_subscription_id, id) references subscriptions (id, customer_id);

create table webhook_events (
  provider text not null check (provider in ('stripe', 'razorpay')),
  id text not null,
  type text not null,
  api_version text,
  livemode boolean,
  payload jsonb,
  -- the provider ids that the payload names; null when it could not be read
  subject jsonb,
  received_at timestamptz not null default now(),
  subscription_id uuid,
  state text not null default 'received' check (state in ('received', 'applied', 'ignored', 'parked')),
  reason text,
  attempts integer not null default 0,
  processed_at timestamptz,
  primary key (provider, id),
  -- R2: every end has its reason and its time; applied needs no words
  constraint ends_are_explained check (
    (state = 'received') = (processed_at is null)
    and (state not in ('ignored', 'parked') or coalesce(reason, '') <> ''))
);
create index webhook_events_unapplied on webhook_events (subscription_id, received_at) where state = 'received';
create index webhook_events_parked on webhook_events (subscription_id) where state = 'parked';
create index webhook_events_recent on webhook_events (received_at desc);

-- what is parked has been tried and is not processed: it waits for an operator
create view stripe_events as
  select id, type as event_type, payload, state in ('applied', 'ignored') as processed,
    case when state in ('applied', 'ignored') then processed_at end as processed_at, received_at
  from webhook_events
  where provider = 'stripe';

create table timeline (
  subscription_id uuid not null,
  version integer not null check (version > 0),
  turn_id text not null unique,
  at timestamptz not null,
  cause jsonb not null,
  from_status text,
  to_status text,
  why text not null,
  inputs jsonb not null,
  catalog_version integer not null references catalog_versions (version),
  code_version text not null,
  recorded_at timestamptz not null default now(),
  primary key (subscription_id, version)
);

create table payments (
  provider text not null check (provider in ('stripe', 'razorpay')),
  id text not null,
  subscription_id uuid not null references subscriptions (id),
  invoice_id text not null,
  status text not null check (status in ('succeeded', 'failed')),
  amount bigint not null,
  currency text not null,
  failed_attempts integer not null check (failed_attempts >= 0),
  paid_at timestamptz,
  primary key (provider, id)
);
create index payments_of_subscription on payments (subscription_id);
create index payments_by_invoice on payments (provider, invoice_id);

create table refunds (
  provider text not null check (provider in ('stripe', 'razorpay')),
  id text not null,
  subscription_id uuid not null references subscriptions (id),
  payment_id text not null,
  -- the provider's word: one that succeeded can still fail at the customer's bank
  status text not null,
  amount bigint not null,
  currency text not null,
  refunded_at timestamptz not null,
  primary key (provider, id)
);
create index refunds_of_subscription on refunds (subscription_id);

create table commands (
  subscription_id uuid not null,
  id text not null,
  kind text not null check (kind in ('checkout', 'cancel', 'resync', 'unpark')),
  parameters jsonb not null default '{}',
  asked_by text not null,
  why text,
  outcome jsonb,
  asked_at timestamptz not null,
  answered_at timestamptz,
  primary key (subscription_id, id),
  constraint answers_have_a_time check ((outcome is null) = (answered_at is null))
);
create index commands_open on commands (subscription_id) where outcome is null;

-- Outbound: what we ask of a provider, written before it is asked (R6).
create table provider_calls (
  key text primary key,
  subscription_id uuid not null,
  command_id text,
  provider text not null check (provider in ('stripe', 'razorpay')),
  operation jsonb not null,
  -- decided by a turn; the others are the single requests of which a decided one is made
  decided boolean not null default false,
  state text not null default 'pending' check (state in ('pending', 'done', 'refused')),
  attempt integer not null default 0 check (attempt >= 0),
  attempted_at timestamptz,
  -- exactly what is sent under the key of this attempt
  request jsonb,
  -- the key of this attempt can only replay the failure it had
  spent boolean not null default false,
  result jsonb,
  reason text check (reason in ('paid_meanwhile', 'provider_refused', 'checkout_closed')),
  error text,
  -- a turn has taken its end in
  settled boolean not null default false,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- R6: what was sent, and when, is known of every attempt
  constraint attempts_are_stored check (num_nulls(attempted_at, request) = case attempt when 0 then 2 else 0 end),
  constraint ends_have_their_result check (
    (state = 'done') = (result is not null) and (state = 'refused') = (reason is not null))
);
create index provider_calls_of_subscription on provider_calls (subscription_id);

create table alerts (
  key text primary key,
  kind text not null,
  subscription_id uuid,
  text text not null,
  fields jsonb not null,
  -- resolved before it was seen: recorded, not announced (R4)
  superseded boolean not null default false,
  at timestamptz not null,
  created_at timestamptz not null default now()
);
create index alerts_of_subscription on alerts (subscription_id);

create table deliveries (
  alert_key text not null references alerts (key),
  channel text not null,
  attempts integer not null default 0,
  last_error text,
  next_attempt_at timestamptz not null default now(),
  delivered_at timestamptz,
  primary key (alert_key, channel)
);
create index deliveries_open on deliveries (next_attempt_at) where delivered_at is null;

create table incidents (
  id integer generated always as identity primary key,
  kind text not null,
  subject text not null,
  count bigint not null check (count > 0),
  opened_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  closed_at timestamptz
);
create unique index one_open_incident on incidents (kind, subject) where closed_at is null;

create table idempotency_keys (
  caller text not null,
  key text not null,
  request_sha256 text not null,
  -- what the first attempt made, so that a repetition finds it again
  checkout_id uuid,
  lease_until timestamptz not null,
  -- the final answer; "unknown" is none (503: repeat it), and no fault of ours is one
  status integer check (status between 200 and 499),
  body jsonb,
  created_at timestamptz not null default now(),
  primary key (caller, key),
  constraint answers_are_whole check ((status is null) = (body is null))
);
