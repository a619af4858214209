-- What is left of a UID when spelling is put aside. The index on it finds UIDs that nearly agree for the report on
-- possible double payments.

create or replace function lost_damaged_uid_core(uid_key text)
returns text
language sql
immutable parallel safe
RETURN ltrim(translate(uid_key, '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~'::text, ''::text), '0'::text)
;
