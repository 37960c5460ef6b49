-- What verification saw of each subscription in the provider's list, and what became of a difference.
create table subscription_checks (
  -- no reference: verification may see it before it is born
  subscription_id uuid primary key,
  provider text not null check (provider in ('stripe', 'razorpay')),
  provider_subscription_id text not null,
  -- by the system's clock; null: no list has shown it yet
  seen_at timestamptz,
  -- status, price, period and the like; null: not shown, or not readable by the version that saw it
  seen jsonb,
  -- suspected: the list differs. confirmed: the workflow's own look does, too. explained: an event has told of it.
  -- drift: none has in time
  state text not null check (state in ('same', 'suspected', 'confirmed', 'explained', 'drift')),
  differences text[] not null default '{}',
  -- when it came into this state, by the system's clock
  since timestamptz not null,
  -- of the subscription, as the look that confirmed it left it
  version integer check (version >= 0),
  -- when drift was last found, whatever is seen since
  drifted_at timestamptz,
  constraint drift_has_its_version check (state not in ('confirmed', 'drift') or version is not null),
  constraint drift_has_its_time check (state <> 'drift' or drifted_at is not null),
  constraint differences_are_named check (state = 'same' or differences <> '{}')
);
create index subscription_checks_suspected on subscription_checks (since) where state = 'suspected';
create index subscription_checks_confirmed on subscription_checks (since) where state = 'confirmed';

-- Up to which moment, by the provider's clock, its list of events was read to the end. Only catch-up moves it.
create table catch_up_points (
  provider text primary key check (provider in ('stripe', 'razorpay')),
  listed_to timestamptz not null,
  updated_at timestamptz not null default now()
);
