"""The vault: the whole house carried to another database, into a file, and back.

`moving` carries a database to another kind of database; `archive` writes a backup while
everything runs; `restoring` makes a house from it, in which nothing that may have been sent
since the backup is sent again without an operator's word.
"""
