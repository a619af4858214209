-- A product that is put live or taken off, whatever the way in, leaves a note for each channel that lists it, as a
-- balance does (channel_notes.sql); `operations/channels/push.py` takes the notes and sends the quantities.

create or replace function inventory_ops_note_availability()
returns trigger
language plpgsql
as $function$
begin
    insert into inventory_ops_channelchange (channel_id, listing_id)
    select l.channel_id, l.id
    from (select id, is_live from changed except select id, is_live from before) p
    join inventory_ops_channellisting l on l.product_id = p.id
    join inventory_ops_channel c on c.id = l.channel_id and c.state <> 'retired';
    return null;
end $function$;

create or replace trigger channels_note_availability after update on inventory_ops_product
    referencing old table as before new table as changed
    for each statement execute function inventory_ops_note_availability();
