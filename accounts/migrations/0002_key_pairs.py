from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="accesstoken",
            name="kind",
            field=models.CharField(
                choices=[("token", "Access token"), ("pair", "S3 key pair")],
                default="token",
                editable=False,
                max_length=5,
            ),
        ),
    ]
