-- A balance that changed leaves a note for each channel that lists the product; `operations/channels/push.py`
-- takes the notes and sends the quantities.

create or replace function inventory_ops_note_stock_change()
returns trigger
language plpgsql
as $function$
begin
    if tg_op = 'INSERT' then
        insert into inventory_ops_channelchange (channel_id, listing_id)
        select l.channel_id, l.id from (select distinct product_id from changed) n
        join inventory_ops_channellisting l on l.product_id = n.product_id
        join inventory_ops_channel c on c.id = l.channel_id and c.state <> 'retired';
    else
        insert into inventory_ops_channelchange (channel_id, listing_id)
        select l.channel_id, l.id
        from (select distinct product_id
              from (select id, product_id, on_hand - allocated from changed
                    except select id, product_id, on_hand - allocated from before) moved) n
        join inventory_ops_channellisting l on l.product_id = n.product_id
        join inventory_ops_channel c on c.id = l.channel_id and c.state <> 'retired';
    end if;
    return null;
end $function$;

create or replace trigger channels_note_insert after insert on inventory_ops_stockbalance
    referencing new table as changed for each statement execute function inventory_ops_note_stock_change();

create or replace trigger channels_note_update after update on inventory_ops_stockbalance
    referencing old table as before new table as changed
    for each statement execute function inventory_ops_note_stock_change();
