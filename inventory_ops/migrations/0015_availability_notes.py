from django.db import migrations

from inventory_ops.kit.db.sql_files import ApplySql


class Migration(migrations.Migration):
    dependencies = [("inventory_ops", "0014_findings_worked_on")]

    operations = [ApplySql("inventory_ops", "availability_notes", "a470fd333dec904a")]
