from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("storage", "0003_locks")]

    operations: ClassVar = []
