"""The rules and indexes of this app's tables that models state."""

import datetime
from decimal import Decimal

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
import django.contrib.postgres.indexes
import django.db.models.expressions
import django.db.models.functions.comparison
import django.db.models.functions.text
from django.db import migrations, models

import inventory_ops.models.pricing
from inventory_ops.kit.db.additions import AddAll


class Migration(migrations.Migration):
    dependencies = [
        ("inventory_ops", "0001_tables"),
    ]

    operations = [
        AddAll(
            [
                migrations.AddIndex(
                    model_name="AuditEvent",
                    index=models.Index(fields=["subject_type", "subject_id", "-id"], name="audit_of_subject"),
                ),
                migrations.AddIndex(
                    model_name="AuditEvent",
                    index=models.Index(fields=["-at"], name="audit_newest"),
                ),
                migrations.AddIndex(
                    model_name="AuditEvent",
                    index=models.Index(
                        condition=models.Q(
                            ("action__startswith", "security."),
                            ("action__startswith", "api_key."),
                            ("action__startswith", "factor."),
                            ("action__startswith", "finance_settings."),
                            ("action__startswith", "user_audit."),
                            ("action__startswith", "price_guard."),
                            _connector="OR",
                        ),
                        fields=["-id"],
                        name="audit_of_security",
                    ),
                ),
                migrations.AddIndex(
                    model_name="AuditEvent",
                    index=models.Index(fields=["strand", "-id"], name="audit_end_of_strand"),
                ),
                migrations.AddConstraint(
                    model_name="Category",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("commission_percent__isnull", True),
                            ("commission_percent__range", (0, 100)),
                            _connector="OR",
                        ),
                        name="category_commission_is_a_percent",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="Category",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("parent", models.F("id")), _negated=True),
                        name="category_is_not_its_own_parent",
                    ),
                ),
                migrations.AddIndex(
                    model_name="FindingTotal",
                    index=models.Index(
                        fields=["merchant_id", "report", "state"],
                        include=("count", "value"),
                        name="finding_total_of_merchant",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="ScanSchedule",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("every__gte", datetime.timedelta(seconds=60))),
                        name="scan_runs_at_most_once_a_minute",
                    ),
                ),
                migrations.AddIndex(
                    model_name="ScanRun",
                    index=models.Index(fields=["name", "-started_at"], name="scan_run_newest"),
                ),
                migrations.AddConstraint(
                    model_name="IssueRefresh",
                    constraint=models.CheckConstraint(condition=models.Q(("id", 1)), name="issue_refresh_is_one"),
                ),
                migrations.AddIndex(
                    model_name="EventActor",
                    index=models.Index(fields=["name"], name="event_actor_by_name"),
                ),
                migrations.AddConstraint(
                    model_name="EventKey",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("key", ""), _negated=True), name="event_key_is_given"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="Merchant",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("currency__regex", "^[A-Z]{3}$")), name="merchant_currency_is_a_code"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="Merchant",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("write_off_factor__isnull", True), ("write_off_factor__range", (0, 1)), _connector="OR"
                        ),
                        name="merchant_write_off_factor_is_a_ratio",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="Merchant",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("vendor_number", ""), _negated=True), name="merchant_vendor_number_is_given"
                    ),
                ),
                migrations.AddIndex(
                    model_name="Merchant",
                    index=models.Index(fields=["name", "id"], name="merchant_by_name"),
                ),
                migrations.AddConstraint(
                    model_name="Product",
                    constraint=models.UniqueConstraint(
                        fields=("merchant", "sku"), name="product_sku_is_unique_per_merchant"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="Product",
                    constraint=models.UniqueConstraint(fields=("merchant", "id"), name="product_merchant_and_id"),
                ),
                migrations.AddConstraint(
                    model_name="Product",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("sku", ""), _negated=True), name="product_sku_is_given"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="Product",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("price__gte", 0)), name="product_price_is_not_negative"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="Product",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("special_price__isnull", True), ("special_price__gt", 0), _connector="OR"),
                        name="product_special_price_is_positive",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="Product",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("special_from__isnull", True),
                            ("special_to__isnull", True),
                            ("special_from__lt", models.F("special_to")),
                            _connector="OR",
                        ),
                        name="product_special_window_is_in_order",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="Product",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("cost__isnull", True), ("cost__gte", 0), _connector="OR"),
                        name="product_cost_is_not_negative",
                    ),
                ),
                migrations.AddIndex(
                    model_name="Product",
                    index=models.Index(fields=["sku"], name="product_sku"),
                ),
                migrations.AddIndex(
                    model_name="Product",
                    index=models.Index(
                        django.contrib.postgres.indexes.OpClass(
                            django.db.models.functions.text.Upper("sku"), "text_pattern_ops"
                        ),
                        name="product_sku_prefix",
                    ),
                ),
                migrations.AddIndex(
                    model_name="Product",
                    index=django.contrib.postgres.indexes.GinIndex(
                        models.F("merchant"),
                        django.contrib.postgres.indexes.OpClass(
                            django.db.models.functions.text.Upper(
                                django.db.models.functions.text.Concat(
                                    "sku", models.Value(" "), "name", models.Value(" "), "vendor_sku"
                                )
                            ),
                            "gin_trgm_ops",
                        ),
                        name="product_search",
                    ),
                ),
                migrations.AddIndex(
                    model_name="Product",
                    index=models.Index(fields=["vendor_sku", "id"], name="product_by_vendor_sku"),
                ),
                migrations.AddIndex(
                    model_name="Product",
                    index=models.Index(fields=["brand_name", "id"], name="product_by_brand"),
                ),
                migrations.AddIndex(
                    model_name="Product",
                    index=django.contrib.postgres.indexes.GinIndex(
                        django.contrib.postgres.indexes.OpClass(
                            django.db.models.functions.text.Upper("brand_name"), "gin_trgm_ops"
                        ),
                        name="product_search_brand",
                    ),
                ),
                migrations.AddIndex(
                    model_name="Product",
                    index=models.Index(fields=["model_name", "id"], name="product_by_model"),
                ),
                migrations.AddIndex(
                    model_name="Product",
                    index=models.Index(fields=["created_at", "id"], name="product_by_creation"),
                ),
                migrations.AddIndex(
                    model_name="Product",
                    index=models.Index(
                        condition=models.Q(
                            ("cost__gt", models.F("price")), ("cost__gt", models.F("special_price")), _connector="OR"
                        ),
                        fields=["merchant", "id"],
                        name="product_cost_above_price",
                    ),
                ),
                migrations.AddIndex(
                    model_name="Product",
                    index=models.Index(
                        django.db.models.expressions.CombinedExpression(
                            models.F("cost"),
                            "/",
                            django.db.models.functions.comparison.NullIf(
                                django.db.models.functions.comparison.Least("price", "special_price"),
                                models.Value(Decimal("0")),
                            ),
                        ),
                        name="product_cost_share",
                    ),
                ),
                migrations.AddIndex(
                    model_name="Product",
                    index=models.Index(
                        condition=models.Q(("special_from__isnull", False)),
                        fields=["special_from"],
                        name="product_special_from",
                    ),
                ),
                migrations.AddIndex(
                    model_name="Product",
                    index=models.Index(
                        condition=models.Q(("special_to__isnull", False)),
                        fields=["special_to"],
                        name="product_special_to",
                    ),
                ),
                migrations.AddIndex(
                    model_name="Product",
                    index=models.Index(
                        condition=models.Q(("cost__isnull", True)),
                        fields=["merchant", "id"],
                        name="product_without_cost",
                    ),
                ),
                migrations.AddIndex(
                    model_name="Product",
                    index=models.Index(
                        condition=models.Q(("cost__isnull", True)), fields=["id"], name="product_without_cost_by_id"
                    ),
                ),
                migrations.AddIndex(
                    model_name="Product",
                    index=models.Index(
                        condition=models.Q(("cost__isnull", True)),
                        fields=["sku", "id"],
                        name="product_without_cost_by_sku",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="Channel",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("is_primary", True), models.Q(("state", "retired"), _negated=True)),
                        fields=("merchant",),
                        name="channel_is_the_only_primary",
                        violation_error_message="The merchant has a Primary Marketplace already.",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="Channel",
                    constraint=models.UniqueConstraint(fields=("merchant", "id"), name="channel_merchant_and_id"),
                ),
                migrations.AddConstraint(
                    model_name="Channel",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("code", ""), _negated=True), name="channel_code_is_given"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="Channel",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("state__in", ["importing", "synced", "retired"])),
                        name="channel_state_is_known",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="Channel",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("min_quantity__isnull", True),
                            ("max_quantity__isnull", True),
                            ("min_quantity__lte", models.F("max_quantity")),
                            _connector="OR",
                        ),
                        name="channel_min_is_not_above_max",
                        violation_error_message="“At least” is more than “at most”.",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="Channel",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("cancel_window__gte", datetime.timedelta(0))),
                        name="channel_cancel_window_is_not_negative",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="ChannelListing",
                    constraint=models.UniqueConstraint(
                        fields=("channel", "external_id"), name="channel_listing_is_one_per_external_id"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="ChannelListing",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("intent_key__isnull", True), ("intent_quantity__isnull", True)),
                            models.Q(("intent_key__isnull", False), ("intent_quantity__isnull", False)),
                            _connector="OR",
                        ),
                        name="channel_listing_intent_is_whole",
                    ),
                ),
                migrations.AddIndex(
                    model_name="ChannelListing",
                    index=models.Index(fields=["product", "channel"], name="channel_listing_of_product"),
                ),
                migrations.AddIndex(
                    model_name="ChannelListing",
                    index=models.Index(
                        condition=models.Q(("is_due", True)), fields=["channel", "due_at"], name="channel_listing_due"
                    ),
                ),
                migrations.AddIndex(
                    model_name="ChannelListing",
                    index=models.Index(
                        condition=models.Q(("intent_key__isnull", False)),
                        fields=["channel", "id"],
                        name="channel_listing_in_doubt",
                    ),
                ),
                migrations.AddIndex(
                    model_name="ChannelListing",
                    index=models.Index(
                        condition=models.Q(("verify_at__isnull", False)),
                        fields=["channel", "verify_at"],
                        name="channel_listing_verify",
                    ),
                ),
                migrations.AddIndex(
                    model_name="ChannelListing",
                    index=models.Index(fields=["-sent_at", "id"], name="channel_listing_newest"),
                ),
                migrations.AddIndex(
                    model_name="ChannelChange",
                    index=models.Index(fields=["channel", "id"], name="channel_change_of_channel"),
                ),
                migrations.AddConstraint(
                    model_name="ChannelWebhook",
                    constraint=models.UniqueConstraint(
                        fields=("channel", "delivery_id"), name="channel_webhook_counts_once"
                    ),
                ),
                migrations.AddIndex(
                    model_name="ChannelWebhook",
                    index=models.Index(
                        condition=models.Q(("handled_at__isnull", True)),
                        fields=["channel"],
                        name="channel_webhook_waiting",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="ReportDay",
                    constraint=models.UniqueConstraint(
                        fields=("report", "merchant", "day"), name="report_day_is_one", nulls_distinct=False
                    ),
                ),
                migrations.AddIndex(
                    model_name="InventoryCostIssue",
                    index=models.Index(fields=["merchant", "product"], name="cost_issue_of_merchant"),
                ),
                migrations.AddIndex(
                    model_name="InventoryCostIssue",
                    index=models.Index(
                        fields=["loss_per_unit", "product", "margin_percent"], name="cost_issue_by_loss"
                    ),
                ),
                migrations.AddIndex(
                    model_name="InventoryCostIssue",
                    index=models.Index(fields=["sku", "product", "margin_percent"], name="cost_issue_by_sku"),
                ),
                migrations.AddIndex(
                    model_name="InventoryCostIssue",
                    index=models.Index(
                        fields=["vendor_number", "product", "margin_percent"], name="cost_issue_by_vendor_number"
                    ),
                ),
                migrations.AddIndex(
                    model_name="InventoryCostIssue",
                    index=models.Index(
                        fields=["vendor_name", "product", "margin_percent"], name="cost_issue_by_vendor"
                    ),
                ),
                migrations.AddIndex(
                    model_name="InventoryCostIssue",
                    index=models.Index(fields=["price_now", "product", "margin_percent"], name="cost_issue_by_price"),
                ),
                migrations.AddIndex(
                    model_name="InventoryCostIssue",
                    index=models.Index(fields=["cost", "product", "margin_percent"], name="cost_issue_by_cost"),
                ),
                migrations.AddIndex(
                    model_name="InventoryCostIssue",
                    index=models.Index(fields=["on_hand", "product", "margin_percent"], name="cost_issue_by_on_hand"),
                ),
                migrations.AddIndex(
                    model_name="InventoryCostIssue",
                    index=models.Index(
                        fields=["value_at_risk", "product", "margin_percent"], name="cost_issue_by_risk"
                    ),
                ),
                migrations.AddIndex(
                    model_name="InventoryCostIssue",
                    index=models.Index(
                        fields=["explained_by", "product", "margin_percent"], name="cost_issue_by_reason"
                    ),
                ),
                migrations.AddIndex(
                    model_name="InventoryCostIssue",
                    index=models.Index(
                        fields=["sale_starts_at", "product", "margin_percent"], name="cost_issue_by_sale"
                    ),
                ),
                migrations.AddIndex(
                    model_name="InventoryCostIssue",
                    index=models.Index(
                        models.OrderBy(models.F("sale_starts_at"), descending=True, nulls_last=True),
                        models.OrderBy(models.F("product"), descending=True),
                        models.F("margin_percent"),
                        name="cost_issue_by_sale_desc",
                    ),
                ),
                migrations.AddIndex(
                    model_name="ShippingIssue",
                    index=models.Index(fields=["merchant", "period", "product"], name="shipping_issue_of_merchant"),
                ),
                migrations.AddIndex(
                    model_name="ShippingIssue",
                    index=models.Index(fields=["period", "times", "product"], name="shipping_issue_by_times"),
                ),
                migrations.AddIndex(
                    model_name="ShippingIssue",
                    index=models.Index(
                        fields=["period", "category", "times", "product"], name="shipping_issue_of_category"
                    ),
                ),
                migrations.AddIndex(
                    model_name="ShippingIssue",
                    index=models.Index(
                        condition=models.Q(("times__gte", 2)),
                        fields=["period", "sku", "product", "times"],
                        name="shipping_issue_by_sku_2",
                    ),
                ),
                migrations.AddIndex(
                    model_name="ShippingIssue",
                    index=models.Index(
                        condition=models.Q(("times__gte", 2)),
                        fields=["period", "vendor_name", "product", "times"],
                        name="shipping_issue_by_vendor_2",
                    ),
                ),
                migrations.AddIndex(
                    model_name="ShippingIssue",
                    index=models.Index(
                        condition=models.Q(("times__gte", 2)),
                        fields=["period", "vendor_number", "product", "times"],
                        name="shipping_issue_by_number_2",
                    ),
                ),
                migrations.AddIndex(
                    model_name="ShippingIssue",
                    index=models.Index(
                        condition=models.Q(("times__gte", 2)),
                        fields=["period", "units", "product", "times"],
                        name="shipping_issue_by_units_2",
                    ),
                ),
                migrations.AddIndex(
                    model_name="ShippingIssue",
                    index=models.Index(
                        condition=models.Q(("times__gte", 2)),
                        fields=["period", "value", "product", "times"],
                        name="shipping_issue_by_value_2",
                    ),
                ),
                migrations.AddIndex(
                    model_name="ShippingIssue",
                    index=models.Index(
                        condition=models.Q(("times__gte", 2)),
                        fields=["period", "last_at", "product", "times"],
                        name="shipping_issue_by_time_2",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="Store",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("abandon_after__gt", datetime.timedelta(0))),
                        name="store_abandon_after_is_positive",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="Order",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("status__in", [1, 2, 3])), name="order_status_is_known"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="Order",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("placed_at__isnull", True), ("status", 1)),
                            models.Q(("placed_at__isnull", False), ("status__in", [2, 3])),
                            _connector="OR",
                        ),
                        name="order_is_placed_unless_cart",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="Order",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("gift_card_total__isnull", True), ("gift_card_total__gte", 0), _connector="OR"
                        ),
                        name="order_gift_card_total_is_not_negative",
                    ),
                ),
                migrations.AddIndex(
                    model_name="Order",
                    index=models.Index(
                        condition=models.Q(("status", 1)),
                        fields=["last_activity_at", "id"],
                        include=("store",),
                        name="order_cart_activity",
                    ),
                ),
                migrations.AddIndex(
                    model_name="Order",
                    index=models.Index(
                        condition=models.Q(("status", 1)), fields=["total_amount", "id"], name="order_cart_total"
                    ),
                ),
                migrations.AddIndex(
                    model_name="Order",
                    index=models.Index(
                        condition=models.Q(("status", 1)), fields=["number", "id"], name="order_cart_number"
                    ),
                ),
                migrations.AddIndex(
                    model_name="Order",
                    index=models.Index(
                        django.db.models.functions.text.Upper("promo_code"),
                        models.F("last_activity_at"),
                        models.F("id"),
                        condition=models.Q(("status", 1), models.Q(("promo_code", ""), _negated=True)),
                        name="order_cart_of_promo",
                    ),
                ),
                migrations.AddIndex(
                    model_name="Order",
                    index=models.Index(
                        condition=models.Q(("status", 1), models.Q(("comment", ""), _negated=True)),
                        fields=["last_activity_at", "id"],
                        name="order_cart_comment",
                    ),
                ),
                migrations.AddIndex(
                    model_name="Order",
                    index=models.Index(
                        condition=models.Q(("customer_email", ""), ("status", 1)),
                        fields=["last_activity_at", "id"],
                        name="order_cart_unreachable",
                    ),
                ),
                migrations.AddIndex(
                    model_name="Order",
                    index=django.contrib.postgres.indexes.GinIndex(
                        django.contrib.postgres.indexes.OpClass(
                            django.db.models.functions.text.Upper(
                                django.db.models.functions.text.Concat(
                                    "number",
                                    models.Value(" "),
                                    "promo_code",
                                    models.Value(" "),
                                    "comment",
                                    output_field=models.TextField(),
                                )
                            ),
                            "gin_trgm_ops",
                        ),
                        condition=models.Q(("status", 1)),
                        name="order_cart_search",
                    ),
                ),
                migrations.AddIndex(
                    model_name="Order",
                    index=models.Index(fields=["placed_at"], name="order_placed"),
                ),
                migrations.AddConstraint(
                    model_name="ChannelOrder",
                    constraint=models.UniqueConstraint(
                        fields=("channel", "external_id"), name="channel_order_is_one_per_external_id"
                    ),
                ),
                migrations.AddIndex(
                    model_name="ChannelOrder",
                    index=models.Index(
                        condition=models.Q(("is_open", True)), fields=["channel", "id"], name="channel_order_open"
                    ),
                ),
                migrations.AddIndex(
                    model_name="ChannelOrder",
                    index=models.Index(fields=["channel", "-placed_at"], name="channel_order_newest"),
                ),
                migrations.AddIndex(
                    model_name="ChannelOrder",
                    index=models.Index(
                        condition=models.Q(("is_cart", True)), fields=["channel", "seen_at"], name="channel_order_cart"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="OrderItem",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("status__in", [1, 2, 3])), name="order_item_status_is_known"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="OrderItem",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("quantity__gte", 1)), name="order_item_quantity_is_positive"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="OrderItem",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("unit_price__gte", 0)), name="order_item_price_is_not_negative"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="OrderItem",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("unit_cost__isnull", True), ("unit_cost__gte", 0), _connector="OR"),
                        name="order_item_cost_is_not_negative",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="OrderItem",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            (
                                "quantity__gte",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("quantity_shipped"), "+", models.F("cancelled_quantity")
                                ),
                            )
                        ),
                        name="order_item_shipped_and_cancelled_fit",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="OrderItem",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("cancelled_by", ""), ("cancelled_quantity", 0)),
                            models.Q(("cancelled_quantity__gt", 0), models.Q(("cancelled_by", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="order_item_cancellation_has_an_author",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="OrderItem",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("quantity_shipped", 0), ("shipped_at__isnull", False), _connector="OR"),
                        name="order_item_shipment_has_a_time",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="OrderItem",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("status", 1), _negated=True), ("quantity_shipped", 0), _connector="OR"
                        ),
                        name="order_item_cart_ships_nothing",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="OrderItem",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("issue_at__isnull", False),
                            ("unit_cost__isnull", True),
                            ("unit_cost__lte", models.F("unit_price")),
                            _connector="OR",
                        ),
                        name="order_item_issue_has_a_time",
                    ),
                ),
                migrations.AddIndex(
                    model_name="OrderItem",
                    index=models.Index(
                        fields=["product", "ordered_at"],
                        include=("status", "quantity", "cancelled_quantity"),
                        name="order_item_of_product",
                    ),
                ),
                migrations.AddIndex(
                    model_name="OrderItem",
                    index=models.Index(
                        condition=models.Q(("quantity_shipped__gt", 0)),
                        fields=["product", "shipped_at"],
                        include=("quantity_shipped",),
                        name="order_item_shipped",
                    ),
                ),
                migrations.AddIndex(
                    model_name="OrderItem",
                    index=models.Index(condition=models.Q(("status", 1)), fields=["order"], name="order_item_in_cart"),
                ),
                migrations.AddIndex(
                    model_name="OrderItem",
                    index=models.Index(
                        condition=models.Q(("status", 1)), fields=["merchant", "order"], name="order_item_of_cart"
                    ),
                ),
                migrations.AddIndex(
                    model_name="OrderItem",
                    index=models.Index(
                        condition=models.Q(("status__in", [2, 3])),
                        fields=["ordered_at", "product"],
                        name="order_item_by_time",
                    ),
                ),
                migrations.AddIndex(
                    model_name="OrderItem",
                    index=models.Index(
                        condition=models.Q(("unit_cost__gt", models.F("unit_price"))),
                        fields=["issue_at", "id"],
                        name="order_item_cost_issue",
                    ),
                ),
                migrations.AddIndex(
                    model_name="OrderItem",
                    index=models.Index(
                        condition=models.Q(("status", 2), ("quantity_shipped__lt", models.F("quantity"))),
                        fields=["ship_by"],
                        name="order_item_ship_by",
                    ),
                ),
                migrations.AddIndex(
                    model_name="OrderItem",
                    index=models.Index(
                        condition=models.Q(("status__in", [2, 3]), ("quantity_shipped__lt", models.F("quantity"))),
                        fields=["merchant", "product", "ordered_at"],
                        include=(
                            "order",
                            "status",
                            "quantity",
                            "quantity_shipped",
                            "cancelled_quantity",
                            "cancelled_by",
                            "ship_by",
                            "unit_price",
                        ),
                        name="order_item_not_shipped",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="ChannelOrderLine",
                    constraint=models.UniqueConstraint(
                        fields=("channel_order", "external_id"), name="channel_order_line_is_one_per_external_id"
                    ),
                ),
                migrations.AddIndex(
                    model_name="ChannelOrderLine",
                    index=models.Index(
                        condition=models.Q(("open_quantity__gt", 0)), fields=["product"], name="channel_order_line_open"
                    ),
                ),
                migrations.AddIndex(
                    model_name="ChannelOrderLine",
                    index=models.Index(
                        condition=models.Q(("waiting_quantity__gt", 0)),
                        fields=["channel_order"],
                        name="channel_order_line_waiting",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="PaymentAttempt",
                    constraint=models.UniqueConstraint(
                        fields=("order", "attempted_at", "code"), name="payment_attempt_once"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="PaymentAttempt",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("message__regex", "\\d([ -]?\\d){12,18}"), _negated=True),
                            models.Q(("code__regex", "\\d([ -]?\\d){12,18}"), _negated=True),
                        ),
                        name="payment_attempt_has_no_card_number",
                    ),
                ),
                migrations.AddIndex(
                    model_name="OrderCostIssue",
                    index=models.Index(fields=["merchant", "issue_at"], name="order_cost_issue_of_merchant"),
                ),
                migrations.AddIndex(
                    model_name="OrderCostIssue",
                    index=models.Index(fields=["product"], name="order_cost_issue_of_product"),
                ),
                migrations.AddIndex(
                    model_name="OrderCostIssue",
                    index=models.Index(fields=["order"], name="order_cost_issue_of_order"),
                ),
                migrations.AddIndex(
                    model_name="OrderCostIssue",
                    index=models.Index(fields=["issue_at", "item"], name="order_cost_issue_by_time"),
                ),
                migrations.AddIndex(
                    model_name="OrderCostIssue",
                    index=django.contrib.postgres.indexes.GinIndex(
                        django.contrib.postgres.indexes.OpClass(
                            django.db.models.functions.text.Upper("order_number"), "gin_trgm_ops"
                        ),
                        django.contrib.postgres.indexes.OpClass(
                            django.db.models.functions.text.Upper("sku"), "gin_trgm_ops"
                        ),
                        django.contrib.postgres.indexes.OpClass(
                            django.db.models.functions.text.Upper("vendor_name"), "gin_trgm_ops"
                        ),
                        name="order_cost_issue_search",
                    ),
                ),
                migrations.AddIndex(
                    model_name="OrderCostIssue",
                    index=models.Index(
                        fields=["order_number", "item", "issue_at"], name="order_cost_by_order_and_time"
                    ),
                ),
                migrations.AddIndex(
                    model_name="OrderCostIssue",
                    index=models.Index(
                        fields=["customer_email", "item", "issue_at"], name="order_cost_by_email_and_time"
                    ),
                ),
                migrations.AddIndex(
                    model_name="OrderCostIssue",
                    index=models.Index(fields=["sku", "item", "issue_at"], name="order_cost_by_sku_and_time"),
                ),
                migrations.AddIndex(
                    model_name="OrderCostIssue",
                    index=models.Index(
                        fields=["vendor_number", "item", "issue_at"], name="order_cost_by_vendor_and_time"
                    ),
                ),
                migrations.AddIndex(
                    model_name="OrderCostIssue",
                    index=models.Index(fields=["status", "item", "issue_at"], name="order_cost_by_status_and_time"),
                ),
                migrations.AddIndex(
                    model_name="OrderCostIssue",
                    index=models.Index(fields=["unit_price", "item", "issue_at"], name="order_cost_by_price_and_time"),
                ),
                migrations.AddIndex(
                    model_name="OrderCostIssue",
                    index=models.Index(fields=["unit_cost", "item", "issue_at"], name="order_cost_by_cost_and_time"),
                ),
                migrations.AddIndex(
                    model_name="OrderCostIssue",
                    index=models.Index(
                        fields=["loss_per_unit", "item", "issue_at"], name="order_cost_by_loss_and_time"
                    ),
                ),
                migrations.AddIndex(
                    model_name="OrderCostIssue",
                    index=models.Index(fields=["loss_amount", "item", "issue_at"], name="order_cost_by_total_and_time"),
                ),
                migrations.AddIndex(
                    model_name="OrderCostIssue",
                    index=models.Index(fields=["quantity", "item", "issue_at"], name="order_cost_by_units_and_time"),
                ),
                migrations.AddConstraint(
                    model_name="Notice",
                    constraint=models.UniqueConstraint(fields=("topic", "key"), name="notice_is_told_once"),
                ),
                migrations.AddIndex(
                    model_name="Notice",
                    index=models.Index(fields=["batch", "topic"], name="notice_by_batch"),
                ),
                migrations.AddIndex(
                    model_name="Notice",
                    index=models.Index(
                        condition=models.Q(("batch__isnull", True)), fields=["id"], name="notice_not_dispatched"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="FlashSale",
                    constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[
                            ("product", "="),
                            (
                                inventory_ops.models.pricing.TsTzRange(
                                    "starts_at", "ends_at", django.contrib.postgres.fields.ranges.RangeBoundary()
                                ),
                                "&&",
                            ),
                        ],
                        name="flash_sales_of_a_product_do_not_overlap",
                        violation_error_message="Another flash sale of this product runs in that time.",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="FlashSale",
                    constraint=models.UniqueConstraint(
                        fields=("product", "starts_at"), name="flash_sale_product_and_start"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="FlashSale",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("starts_at__lt", models.F("ends_at"))),
                        name="flash_sale_starts_before_it_ends",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="FlashSale",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("percentage__range", (0, 100))), name="flash_sale_percentage_is_a_percent"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="FlashSale",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("sale_price__gte", 0), ("sale_price__lte", models.F("snapshot_price"))),
                        name="flash_sale_price_is_at_most_snapshot",
                    ),
                ),
                migrations.AddIndex(
                    model_name="FlashSale",
                    index=models.Index(fields=["ends_at", "starts_at"], name="flash_sale_by_end"),
                ),
                migrations.AddIndex(
                    model_name="FlashSale",
                    index=models.Index(fields=["starts_at"], name="flash_sale_by_start"),
                ),
                migrations.AddConstraint(
                    model_name="PriceGuard",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("mode__in", ["off", "warn", "block"]),
                            models.Q(("merchant__isnull", False), ("mode", "default")),
                            _connector="OR",
                        ),
                        name="price_guard_mode_is_known",
                    ),
                ),
                migrations.AddIndex(
                    model_name="PriceGuard",
                    index=models.Index(fields=["merchant", "-valid_from", "-id"], name="price_guard_newest"),
                ),
                migrations.AddIndex(
                    model_name="PriceChange",
                    index=models.Index(fields=["product", "-at"], name="price_change_of_product"),
                ),
                migrations.AddIndex(
                    model_name="ProductStock",
                    index=models.Index(fields=["value", "product"], name="product_stock_by_value"),
                ),
                migrations.AddIndex(
                    model_name="ProductStock",
                    index=models.Index(fields=["available", "product"], name="product_stock_by_available"),
                ),
                migrations.AddIndex(
                    model_name="ProductStock",
                    index=models.Index(
                        condition=models.Q(("available__lte", 0)),
                        fields=["value", "product"],
                        name="product_stock_empty",
                    ),
                ),
                migrations.AddIndex(
                    model_name="ProductStock",
                    index=models.Index(fields=["category", "value", "product"], name="product_stock_of_category"),
                ),
                migrations.AddIndex(
                    model_name="ProductStock",
                    index=models.Index(
                        condition=models.Q(("is_live", False)),
                        fields=["value", "product"],
                        name="product_stock_not_live",
                    ),
                ),
                migrations.AddIndex(
                    model_name="ProductDemand",
                    index=models.Index(
                        django.db.models.functions.comparison.Coalesce(
                            "last_ordered_at", models.Value(datetime.datetime(1900, 1, 1, 0, 0, tzinfo=datetime.UTC))
                        ),
                        models.F("product"),
                        name="product_demand_by_newest",
                    ),
                ),
                migrations.AddIndex(
                    model_name="ProductDemand",
                    index=models.Index(
                        fields=["product"],
                        include=("first_ordered_at", "last_ordered_at"),
                        name="product_demand_counted",
                    ),
                ),
                migrations.AddIndex(
                    model_name="StockTotal",
                    index=models.Index(fields=["on_hand", "product", "inventory_type"], name="stock_total_by_on_hand"),
                ),
                migrations.AddIndex(
                    model_name="StockTotal",
                    index=models.Index(
                        fields=["available", "product", "inventory_type"], name="stock_total_by_available"
                    ),
                ),
                migrations.AddIndex(
                    model_name="StockTotal",
                    index=models.Index(
                        django.db.models.functions.comparison.Coalesce(
                            "nearest_expiry", models.Value(datetime.date(9999, 12, 31))
                        ),
                        models.F("product"),
                        models.F("inventory_type"),
                        name="stock_total_by_nearest",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="StockBalance",
                    constraint=models.UniqueConstraint(
                        fields=("product", "inventory_type", "location", "lot", "expires_on"),
                        name="stock_balance_is_one_per_place",
                        nulls_distinct=False,
                    ),
                ),
                migrations.AddConstraint(
                    model_name="StockBalance",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("allocated__gte", 0)), name="stock_allocated_is_not_negative"
                    ),
                ),
                migrations.AddIndex(
                    model_name="StockBalance",
                    index=models.Index(
                        fields=["product", "inventory_type"],
                        include=("expires_on", "on_hand", "allocated"),
                        name="stock_balance_of_product",
                    ),
                ),
                migrations.AddIndex(
                    model_name="StockBalance",
                    index=models.Index(
                        condition=models.Q(("on_hand__lt", 0)), fields=["product"], name="stock_balance_negative"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="User",
                    constraint=models.UniqueConstraint(
                        django.db.models.functions.text.Lower("email"), name="user_email_is_unique_ignoring_case"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="User",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("email", django.db.models.functions.text.Lower("email"))),
                        name="user_email_is_in_lower_case",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="User",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("is_service", False), ("responsible__isnull", True)),
                            models.Q(
                                ("is_service", True), ("password__startswith", "!"), ("responsible__isnull", False)
                            ),
                            _connector="OR",
                        ),
                        name="user_service_has_no_password",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="User",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("role__in", ["operations", "merchant", "finance", "admin", ""])),
                        name="user_role_is_known",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="User",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("merchant__isnull", False), ("role", "merchant")),
                            models.Q(models.Q(("role", "merchant"), _negated=True), ("merchant__isnull", True)),
                            _connector="OR",
                        ),
                        name="user_merchant_goes_with_role",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="Finding",
                    constraint=models.UniqueConstraint(fields=("report", "key"), name="finding_is_one_per_row"),
                ),
                migrations.AddConstraint(
                    model_name="Finding",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("resolved_at__isnull", False), ("state", "resolved")),
                            models.Q(models.Q(("state", "resolved"), _negated=True), ("resolved_at__isnull", True)),
                            _connector="OR",
                        ),
                        name="finding_resolved_has_a_time",
                    ),
                ),
                migrations.AddIndex(
                    model_name="Finding",
                    index=models.Index(
                        condition=models.Q(("state", "resolved"), _negated=True),
                        fields=["report", "state", "merchant"],
                        name="finding_of_state",
                    ),
                ),
                migrations.AddIndex(
                    model_name="Finding",
                    index=models.Index(fields=["report", "row_id"], include=("state",), name="finding_of_row"),
                ),
                migrations.AddIndex(
                    model_name="Finding",
                    index=models.Index(fields=["report", "opened_at"], name="finding_by_opening"),
                ),
                migrations.AddIndex(
                    model_name="Finding",
                    index=models.Index(
                        condition=models.Q(("state", "resolved"), _negated=True),
                        fields=["report", "first_seen_at", "row_id"],
                        name="finding_by_age",
                    ),
                ),
                migrations.AddIndex(
                    model_name="Finding",
                    index=models.Index(
                        condition=models.Q(("state", "resolved"), _negated=True),
                        fields=["report", "state", "row_id"],
                        name="finding_by_state",
                    ),
                ),
                migrations.AddIndex(
                    model_name="Finding",
                    index=models.Index(
                        condition=models.Q(models.Q(("state", "resolved"), _negated=True), ("assignee__isnull", False)),
                        fields=["assignee", "report", "row_id"],
                        name="finding_of_owner",
                    ),
                ),
                migrations.AddIndex(
                    model_name="FindingEvent",
                    index=models.Index(fields=["finding", "-at"], name="finding_event_of_finding"),
                ),
                migrations.AddConstraint(
                    model_name="SavedView",
                    constraint=models.UniqueConstraint(
                        fields=("report", "owner", "name"), name="saved_view_name_is_unique"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="SavedView",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="saved_view_has_a_name"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="SavedView",
                    constraint=models.CheckConstraint(
                        condition=models.Q(("scope__in", ["me", "group", "all"])), name="saved_view_scope_is_known"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="Import",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["done", "failed", "discarded"]), _negated=True),
                            ("finished_at__isnull", False),
                            _connector="OR",
                        ),
                        name="import_finished_has_a_time",
                    ),
                ),
                migrations.AddIndex(
                    model_name="Import",
                    index=models.Index(fields=["-created_at"], name="import_newest"),
                ),
                migrations.AddIndex(
                    model_name="ImportRowError",
                    index=models.Index(fields=["job", "line"], name="import_error_by_line"),
                ),
                migrations.AddIndex(
                    model_name="ImportRowWarning",
                    index=models.Index(fields=["job", "line"], name="import_warning_by_line"),
                ),
                migrations.AddConstraint(
                    model_name="Job",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["done", "failed", "cancelled"]), _negated=True),
                            ("finished_at__isnull", False),
                            _connector="OR",
                        ),
                        name="job_final_has_a_time",
                    ),
                ),
                migrations.AddIndex(
                    model_name="Job",
                    index=models.Index(fields=["-created_at"], name="job_newest"),
                ),
                migrations.AddIndex(
                    model_name="Job",
                    index=models.Index(
                        condition=models.Q(("state__in", ["queued", "running"])),
                        fields=["lease_until"],
                        name="job_unfinished",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="ChannelImport",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("state__in", ["reading", "ready", "applying"])),
                        fields=("channel",),
                        name="channel_import_is_one_at_a_time",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="ChannelImportRow",
                    constraint=models.UniqueConstraint(
                        fields=("reading", "external_id"), name="channel_import_row_is_one_per_id"
                    ),
                ),
                migrations.AddIndex(
                    model_name="ChannelImportRow",
                    index=models.Index(fields=["reading", "verdict", "sku"], name="channel_import_row_by_verdict"),
                ),
                migrations.AddConstraint(
                    model_name="Destination",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("kind", "app")), fields=("user",), name="destination_in_app_is_one"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="Destination",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "app"), _negated=True), ("frequency", "instant"), _connector="OR"
                        ),
                        name="destination_in_app_is_at_once",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="Subscription",
                    constraint=models.UniqueConstraint(
                        fields=("destination", "topic", "merchant"), name="subscription_is_one", nulls_distinct=False
                    ),
                ),
                migrations.AddIndex(
                    model_name="Notification",
                    index=models.Index(fields=["user", "-id"], name="notification_newest"),
                ),
                migrations.AddIndex(
                    model_name="Notification",
                    index=models.Index(
                        condition=models.Q(("read_at__isnull", True)), fields=["user"], name="notification_unread"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="Delivery",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "sent"), _negated=True), ("sent_at__isnull", False), _connector="OR"
                        ),
                        name="delivery_sent_has_a_time",
                    ),
                ),
                migrations.AddIndex(
                    model_name="Delivery",
                    index=models.Index(fields=["user", "-created_at"], name="delivery_newest"),
                ),
                migrations.AddIndex(
                    model_name="Delivery",
                    index=models.Index(
                        condition=models.Q(("state", "pending")), fields=["next_try_at"], name="delivery_due"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="Proposal",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ("approved_by__isnull", True),
                            models.Q(("approved_by", models.F("requested_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="proposal_approved_by_second_person",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="Proposal",
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("approved_at", None),
                                ("approved_by", None),
                                ("ended_at", None),
                                ("ended_by", None),
                                ("state", "proposed"),
                            ),
                            models.Q(
                                ("approved_at__isnull", False),
                                ("approved_by__isnull", False),
                                ("ended_at", None),
                                ("ended_by", None),
                                ("state", "approved"),
                            ),
                            models.Q(
                                ("ended_at__isnull", False),
                                ("ended_by__isnull", False),
                                ("state__in", ["rejected", "withdrawn"]),
                            ),
                            _connector="OR",
                        ),
                        name="proposal_state_has_its_facts",
                    ),
                ),
                migrations.AddConstraint(
                    model_name="Proposal",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("state", "proposed")),
                        fields=("kind", "merchant", "subject"),
                        name="proposal_one_waits_per_rule",
                        nulls_distinct=False,
                    ),
                ),
                migrations.AddIndex(
                    model_name="Proposal",
                    index=models.Index(fields=["kind", "-id"], name="proposal_of_kind"),
                ),
            ]
        ),
    ]
