"""Lists one level of a folder from an ordered column of paths, by one step in its index for each entry."""

from __future__ import annotations

from django.db import connection, models


def first_paths(
    model: type[models.Model], *, scope: str, scope_id: int, column: str, folder: str, start: str, limit: int
) -> list[str]:
    """The first path of each entry of `folder` ("" or ending in a slash), from `start` on, at most `limit`.

    A loose scan: the next path is looked up from behind the entry just found, so that what lies inside a folder is
    never read, however much it is. `scope` and `column` are columns of the model with an index over both.
    """
    table = model._meta.db_table
    find = "strpos" if connection.vendor == "postgresql" else "instr"
    end = folder[:-1] + "0" if folder else "\U0010ffff"  # "0" follows "/" in ASCII.
    rest = f"substr(step.path, {len(folder) + 1})"
    behind = (
        f"CASE WHEN {find}({rest}, '/') = 0 THEN step.path || ' '"
        f" ELSE substr(step.path, 1, {len(folder)} + {find}({rest}, '/') - 1) || '0' END"
    )
    # Only our own identifiers and lengths are set into the text; paths and ids are parameters.
    within = f"{scope} = %s AND {column} >= {{}} AND {column} < %s"
    seek = f"SELECT {column} FROM {table} WHERE {within} ORDER BY {column} LIMIT 1"
    statement = (
        f"WITH RECURSIVE step(path, n) AS (SELECT ({seek.format('%s')}), 1"
        f" UNION ALL SELECT ({seek.format(behind)}), n + 1 FROM step WHERE path IS NOT NULL AND n < %s)"
        f" SELECT path FROM step WHERE path IS NOT NULL ORDER BY n LIMIT %s"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [scope_id, start, end, scope_id, end, limit, limit])
        return [row[0] for row in cursor.fetchall()]
