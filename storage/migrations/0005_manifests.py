from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("storage", "0004_versions")]

    operations: ClassVar = []
