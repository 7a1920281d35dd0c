"""What an operator decides about a send under way: pause, resume, and what is unknown."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from newsletter.errors import Refused
from newsletter.model import Send, SendState, Week
from newsletter.sending import hands
from newsletter.store import Database, ledger


def pause(db: Database, week: Week, reason: str) -> bool:
    """Let nothing more of a send be handed over; False if it was paused before.

    What is in flight is finished, and what the provider holds goes at its hour. Raises `Refused`
    for a send that is over.
    """
    with db.write() as connection:
        send = _sent(connection, week)
        if send.state is SendState.PAUSED:
            return False
        if send.state is not SendState.OPEN:
            raise Refused(
                f"{week} is {send.state.value}: there is nothing left to pause. What the mail "
                f"provider still holds can be taken back with: newsletter undo {week}"
            )
        ledger.set_state(connection, send.id, SendState.PAUSED, reason)
    return True


def resume(db: Database, week: Week, *, now: datetime) -> bool:
    """Let a paused send go on with the next `send`; False if it was not paused.

    An undo that was cut off and is too late to finish goes on as well: who was in a lane that
    was cancelled gets the issue in the next wave.
    """
    with db.write() as connection:
        send = _sent(connection, week)
        if send.state is SendState.UNDONE:
            raise Refused(
                f"{week} was undone. Approve it anew and send it: newsletter approve {week}"
            )
        if send.state is not SendState.PAUSED:
            return False
        ledger.resume(connection, send.id, now=now)
        hands.ask(connection, send.id)
    return True


def resolve(db: Database, week: Week, *, resend: bool) -> int:
    """Carry out what an operator decided about batches of unknown outcome; give their number.

    Those of which an event tells are accepted, whatever was decided.
    """
    with db.write() as connection:
        send = _sent(connection, week)
        if send.state is SendState.UNDONE:
            raise Refused(f"{week} was undone, there is nothing to resolve.")
        ledger.alone(connection, send.id)
        ledger.prove(connection, send.id)
        if not resend:
            return ledger.give_up(connection, send.id)
        hands.ask(connection, send.id)
        return ledger.resend(connection, send.id)


def _sent(connection: Connection, week: Week) -> Send:
    send = ledger.newest(connection, week)
    if send is None:
        raise Refused(f"{week} was not sent. Run: newsletter send {week}")
    return send
