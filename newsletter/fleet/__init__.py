"""The fleet: the same work as on one machine, done by any number of workers.

A `House` comes in. `calendar` says what is due and when; `work` says what each entry is, in
calls of the shells that commands call; `schedule` does it in one process (`newsletter serve
--with-schedule`); `jobs` leaves it to workers by a queue in PostgreSQL (`newsletter worker`).
"""
