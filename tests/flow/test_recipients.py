"""A message to several people: who has it does not get it again, who was put off does, whatever becomes of workers."""

import re
from dataclasses import replace
from datetime import timedelta
from secrets import token_hex

import pytest

from tests.fakes import FakeChannel
from tests.house import FEED, House, publish_many
from tests.mailserver import BadMailServer, MailServer, Talk, Trick, cut
from worker.channels.email import EmailChannel
from worker.channels.smtp import MailServer as Server
from worker.letter import Addresses
from worker.mailbox import mailbox
from worker.model import Attempt, DeliveryState, Lease, Message, SendOutcome, SendResult, Symptom, Trouble, TroubleKind
from worker.sending import ChannelManners

A, B, C = "a@z.example", "b@z.example", "c@z.example"
BUSY = "450 4.2.1 busy"


@pytest.fixture
def owing(house: House) -> House:
    """One alert is owed to one channel."""
    house.subscribe("alles", "Neu")
    feed = house.web.feed(FEED)
    publish_many(feed, house.clock, 1, "Alt")
    house.add_feed()
    house.poll()
    house.clock.advance(700)
    publish_many(feed, house.clock, 1, "Neu")
    house.poll()
    return house


def by_mail(house: House, server: MailServer | BadMailServer) -> None:
    channel = EmailChannel(
        name="screen",
        server=Server(host="127.0.0.1", port=server.port, tls="none", context=None),
        addresses=Addresses(sender=mailbox("alarm@z.example"), to=tuple(map(mailbox, (A, B, C)))),
    )
    house.counter = replace(house.counter, channels={"screen": channel})


def state(house: House) -> dict[str, int]:
    with house.archive.read() as tx:
        return dict(tx.alerts.counts())


def give_up(house: House) -> None:
    for _ in range(12):
        house.deliver()
        house.clock.advance(hours=27)
    assert state(house) == {"dead": 1}


def received(server: MailServer) -> list[tuple[str, ...]]:
    return [letter.to for letter in server.letters]


def test_only_who_was_put_off_gets_it_later(owing: House) -> None:
    with MailServer(rcpt={B: BUSY, C: BUSY}) as server:
        by_mail(owing, server)
        owing.deliver()
        assert state(owing) == {"pending": 1}
        server.script(rcpt={C: BUSY})
        owing.clock.advance(hours=1)
        owing.deliver()
        assert state(owing) == {"pending": 1}
        server.script(rcpt={C: "550 5.1.1 no such user"})
        owing.clock.advance(hours=2)
        owing.deliver()
        assert state(owing) == {"sent": 1}
        assert received(server) == [(A,), (B,)]
        assert len({str(letter.read["Message-ID"]) for letter in server.letters}) == 1


def test_a_fault_in_between_forgets_nobody(owing: House) -> None:
    with MailServer(rcpt={B: BUSY, C: BUSY}) as server:
        by_mail(owing, server)
        owing.deliver()
        mail, broken = owing.counter, FakeChannel()
        broken.crash(KeyError("fault"), times=1)
        owing.counter = replace(mail, channels={"screen": broken})
        owing.clock.advance(hours=1)
        owing.deliver()
        server.script()
        owing.counter = mail
        owing.clock.advance(hours=2)
        owing.deliver()
        assert received(server) == [(A,), (B, C)]


def test_what_was_given_up_is_replayed_to_the_rest_and_what_was_sent_to_all(owing: House) -> None:
    with MailServer(rcpt={B: BUSY, C: BUSY}) as server:
        by_mail(owing, server)
        give_up(owing)
        server.script()
        for states in ((DeliveryState.DEAD,), (DeliveryState.SENT,)):
            with owing.archive.write() as tx:
                assert tx.outbox.replay([], owing.clock.now(), states=states) == 1
            owing.deliver()
            assert state(owing) == {"sent": 1}
        assert received(server) == [(A,), (B, C), (A, B, C)]


def test_one_full_mailbox_does_not_close_the_channel_for_all(owing: House) -> None:
    with MailServer(rcpt={B: BUSY, C: BUSY}) as server:
        by_mail(owing, server)
        give_up(owing)
        with owing.archive.read() as tx:
            assert [one for one in tx.channels.all() if one.failures or one.disabled_at] == []
            assert tx.troubles.open() == []


def test_a_worker_that_ends_in_a_send_leaves_what_is_known(owing: House) -> None:
    with MailServer(rcpt={B: BUSY, C: BUSY}) as server:
        by_mail(owing, server)
        owing.deliver()
        owing.clock.advance(hours=1)
        lease = Lease(token=token_hex(16), until=owing.clock.now() + timedelta(seconds=45))
        with owing.archive.write() as tx:
            (delivery,) = tx.outbox.lease("screen", owing.clock.now(), lease)
            assert delivery.reached == (A,)
            assert tx.outbox.begin(delivery, b"{}", owing.clock.now())
        server.script()
        owing.clock.advance(hours=3)
        owing.deliver()
        owing.clock.advance(hours=24)
        owing.deliver()
        assert state(owing) == {"sent": 1}
        assert received(server) == [(A,), (B, C)]


@pytest.mark.parametrize(("on_unknown", "letters", "end"), [("repeat", 2, "sent"), ("drop", 1, "dead")])
def test_a_letter_whose_answer_was_lost(owing: House, on_unknown: str, letters: int, end: str) -> None:
    with BadMailServer(END=once(cut)) as server:
        by_mail(owing, server)
        manners = ChannelManners(target="", on_unknown=on_unknown)  # type: ignore[arg-type]
        owing.counter = replace(owing.counter, manners={"screen": manners})
        owing.deliver()
        owing.clock.advance(hours=1)
        owing.deliver()
        assert state(owing) == {end: 1}
        assert len(server.letters) == letters
        assert len({re.search(rb"(?m)^Message-ID: .*$", letter)[0] for letter in server.letters}) == 1  # type: ignore[index]


def once(trick: Trick) -> Trick:
    """The first time only; then the letter is taken."""
    left = [trick]

    def step(talk: Talk) -> None:
        left.pop()(talk) if left else talk.say(b"250 2.0.0 queued\r\n")

    return step


def test_notices_remember_it_too(house: House) -> None:
    number = house.add_feed()
    now = house.clock.now()
    symptom = Symptom(kind=TroubleKind.SILENT, since=now, polls=1)
    trouble = Trouble(feed_id=number, feed_url=FEED, source="stadtblatt", kind=symptom.kind, began_at=now)
    lease = Lease(token=token_hex(16), until=now + timedelta(seconds=45))
    with house.archive.write() as tx:
        filed = replace(trouble, id=tx.troubles.begin(trouble) or 0)
        tx.troubles.owe(filed, [("note_1", "screen", Message(subject="x", text="x", payload=b"{}"))], now)
        for reached, known in ((A, ()), (B, (A,)), ("", (A, B))):
            (notice,) = tx.troubles.lease("screen", now, lease)
            assert notice.reached == known
            outcome = SendOutcome(result=SendResult.RETRY, reached=(reached,) if reached else ())
            tried = Attempt(outcome=outcome, payload=b"{}", started_at=now, took_s=0.1)
            tx.troubles.settle(notice, tried, state=DeliveryState.PENDING, retry_at=now)
