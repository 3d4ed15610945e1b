"""The room that finds things in all rooms below it: one index, permission-filtered in the query itself."""
