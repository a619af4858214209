"""Carts of channels: which of a channel's orders are still one, and how reading them goes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("inventory_ops", "0025_list_filters_2"),
    ]

    operations = [
        migrations.AddField(
            model_name="channel",
            name="carts_error",
            field=models.CharField(blank=True, db_default="", default="", max_length=500),
        ),
        migrations.AddField(
            model_name="channel",
            name="carts_polled_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="carts read at"),
        ),
        migrations.AddField(
            model_name="channel",
            name="carts_read_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="channel",
            name="takes_carts",
            field=models.BooleanField(db_default=True, default=True, verbose_name="take carts"),
        ),
        migrations.AddField(
            model_name="channelorder",
            name="is_cart",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="channelorder",
            name="was_left",
            field=models.BooleanField(
                db_default=False, default=False, help_text="As a cart, for longer than its store's time-out."
            ),
        ),
        migrations.AddIndex(
            model_name="channelorder",
            index=models.Index(
                condition=models.Q(("is_cart", True)), fields=["channel", "seen_at"], name="channel_order_cart"
            ),
        ),
    ]
