from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_deeds"),
    ]

    operations = [
        migrations.AddField(
            model_name="account",
            name="by_directory",
            field=models.BooleanField(default=False),
        ),
    ]
