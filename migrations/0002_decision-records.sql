-- What a decision came to, so that it can be made again and compared; null: made before outcomes were kept.
alter table timeline add column decision jsonb;

-- reads by customer: also of what was never paid
create index checkouts_of_customer on checkouts (customer_id);
