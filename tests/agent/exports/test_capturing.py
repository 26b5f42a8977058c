"""Captures in a repository by EPCIS 2.0, §12.6: what is asked, what is kept, how long a job may take."""

from __future__ import annotations

import json

import pytest

from agent.exports.capture import (
    Book,
    Captured,
    Job,
    WrongAnswer,
    address,
    authorization,
    headers,
    job_of,
    limits,
    location,
    parts,
)
from agent.exports.capturing import Capturing, NotCaptured, Order, StillRunning
from agent.exports.repository import Answer, Unreached

URL = "https://repository.example/epcis/capture"
JOB = "https://repository.example/epcis/capture/7"


def document(*names, more=""):
    events = [{"eventID": name, "more": more} for name in names]
    return {"type": "EPCISDocument", "epcisBody": {"eventList": events}}


class Repository:
    """Answers what it was given, in order, and keeps what it was asked."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    def ask(self, method, url, headers, data=b""):
        self.asked.append((method, url, headers, data))
        return self.answers.pop(0)


def answer(status=200, body=b"", **headers):
    return Answer(status, headers, body)


def job(running=False, success=True, errors=()):
    told = {"running": running, "success": success, "errors": list(errors)}
    return answer(200, json.dumps(told).encode())


OPTIONS, TAKEN = answer(204), answer(202, location="/epcis/capture/7")


class Run:
    """One run of captures, with its book on disk and the pauses that it made."""

    def __init__(self, folder, *answers, rows=(), wait_s=60, token=""):
        self.repository, self.pauses = Repository(*answers), []
        self.book, self.path = Book({URL: list(rows)}), folder / "book.json"
        order = Order("rollback", token, wait_s)
        self.capturing = Capturing(
            URL, self.repository, self.book, self.path, order, self.pauses.append
        )

    def kept(self):
        """What the book on disk says of this repository."""
        return Book.from_bytes(self.path.read_bytes()).of(URL)


def test_what_is_not_known_is_posted_and_its_job_waited_for(tmp_path):
    known = Captured(["a"], JOB, "captured")
    run = Run(tmp_path, OPTIONS, TAKEN, job(running=True), job(), rows=[known], token="t")
    assert run.capturing.send(document("a", "b", "c")) == 2
    asked = [(method, url) for method, url, _, _ in run.repository.asked]
    assert asked == [("OPTIONS", URL), ("POST", URL), ("GET", JOB), ("GET", JOB)]
    assert json.loads(run.repository.asked[1][3]) == document("b", "c")
    assert all(each[2]["Authorization"] == "Bearer t" for each in run.repository.asked)
    assert run.kept() == [known, Captured(["b", "c"], JOB, "captured")]


def test_a_capture_without_a_job_is_done_with_its_answer(tmp_path):
    run = Run(tmp_path, OPTIONS, answer(202))
    assert run.capturing.send(document("a")) == 1
    assert run.kept() == [Captured(["a"], "", "captured")]


def test_pauses_double_up_to_five_seconds_and_end_with_the_time_that_a_job_may_take(tmp_path):
    run = Run(tmp_path, OPTIONS, TAKEN, *[job(running=True)] * 20, wait_s=20)
    with pytest.raises(StillRunning, match="capture/7 is still running"):
        run.capturing.send(document("a"))
    assert run.pauses == pytest.approx([0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 3.8])
    assert run.kept() == [Captured(["a"], JOB, "accepted")], "to be asked for again"


def test_who_waits_for_no_time_asks_once(tmp_path):
    run = Run(tmp_path, OPTIONS, TAKEN, job(running=True), wait_s=0)
    with pytest.raises(StillRunning):
        run.capturing.send(document("a"))
    assert run.pauses == []


def test_jobs_that_an_earlier_run_left_are_asked_for_and_no_others(tmp_path):
    rows = [
        Captured(["a"], JOB, "captured"),
        Captured(["b"], JOB + "8"),
        Captured(["c"], JOB + "9"),
    ]
    run = Run(tmp_path, job(), job(), rows=rows)
    run.capturing.finish_open()
    assert [url for _, url, _, _ in run.repository.asked] == [JOB + "8", JOB + "9"]
    assert [row.state for row in run.kept()] == ["captured"] * 3


@pytest.mark.parametrize(
    ("failed", "why"),
    [
        (job(success=False), "it does not say why"),
        (answer(404), "it knows nothing of the capture job"),
        (answer(410), "it knows nothing of the capture job"),
        (job(success=False, errors=[{"title": "T", "detail": "d"}, {"title": "U"}, 7, 8]),
         "T: d; U; an error without words"),
    ],
)  # fmt: skip
def test_what_was_not_taken_whole_leaves_the_book_and_is_told_with_three_reasons(
    tmp_path, failed, why
):
    run = Run(tmp_path, OPTIONS, TAKEN, failed)
    with pytest.raises(NotCaptured) as caught:
        run.capturing.send(document("a"))
    assert str(caught.value) == f"the repository did not take a whole capture: {why}"
    assert run.kept() == []


@pytest.mark.parametrize(
    ("refused", "error", "said", "advice"),
    [
        (answer(401), NotCaptured, "the repository answered 401", "give a token that it knows"),
        (answer(403), NotCaptured, "the repository answered 403", "give a token that it knows"),
        (answer(413), NotCaptured, "413: a capture is too large for it", "correct what it names"),
        (answer(429), Unreached, "429: it is in trouble, or busy", ""),
        (answer(500), Unreached, "500: it is in trouble, or busy", ""),
        (answer(499), NotCaptured, "the repository answered 499", "ask who runs the repository"),
        (answer(200), NotCaptured, "the repository answered 200", "ask who runs the repository"),
        (answer(400, b"x" * 300), NotCaptured, f"400: {'x' * 200}", "ask who runs the repository"),
        (answer(202, location="https://other.example/7"), NotCaptured,
         "the capture job is elsewhere: 'https://other.example/7'", "ask who runs"),
    ],
)  # fmt: skip
def test_an_answer_that_is_none_is_told_with_whose_fault_it_is(
    tmp_path, refused, error, said, advice
):
    run = Run(tmp_path, OPTIONS, refused)
    with pytest.raises(error) as caught:
        run.capturing.send(document("a"))
    assert str(caught.value).endswith(said)
    assert caught.value.advice.startswith(advice)
    assert run.book.of(URL) == []


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [(500, b"", Unreached), (400, b"", NotCaptured), (200, b"no json", NotCaptured),
     (201, b'{"running": false, "success": true}', NotCaptured)],
)  # fmt: skip
def test_a_job_that_cannot_be_read_is_no_capture(tmp_path, status, body, error):
    run = Run(tmp_path, OPTIONS, TAKEN, answer(status, body))
    with pytest.raises(error):
        run.capturing.send(document("a"))
    assert run.kept() == [Captured(["a"], JOB, "accepted")]


@pytest.mark.parametrize(
    ("url", "where"),
    [
        ("https://a.example/epcis/", "https://a.example/epcis/capture"),
        ("http://a.example:8080/epcis/capture?x=1#y", "http://a.example:8080/epcis/capture"),
        ("https://a.example", "https://a.example/capture"),
    ],
)
def test_captures_go_to_an_address_that_ends_with_capture(url, where):
    assert address(url).geturl() == where


@pytest.mark.parametrize("url", ["ftp://a.example", "https://", "a.example", "https://a:99999"])
def test_what_is_no_web_address_is_refused(url):
    with pytest.raises(ValueError):
        address(url)


def test_a_capture_says_its_versions_who_asks_and_what_a_wrong_event_does():
    assert headers("proceed", "") == {
        "Content-Type": "application/ld+json", "GS1-EPCIS-Version": "2.0.0",
        "GS1-CBV-Version": "2.0.0", "GS1-Extensions": "tallyman=urn:tallyman:epcis:",
        "GS1-Capture-Error-Behaviour": "proceed",
    }  # fmt: skip
    assert headers("rollback", "t")["Authorization"] == "Bearer t"
    assert authorization("") == {}


@pytest.mark.parametrize(
    ("said", "most", "size"),
    [
        ({}, 500, None),
        ({"gs1-epcis-capture-limit": "4", "gs1-epcis-capture-file-size-limit": "900"}, 4, 900),
        ({"gs1-epcis-capture-limit": "501"}, 500, None),
        ({"gs1-epcis-capture-limit": "0", "gs1-epcis-capture-file-size-limit": "0"}, 500, None),
        ({"gs1-epcis-capture-limit": "1"}, 1, None),
        ({"gs1-epcis-capture-limit": "many", "gs1-epcis-capture-file-size-limit": "²"}, 500, None),
    ],
)
def test_a_repository_s_limits_are_kept_and_ours_where_it_names_none(said, most, size):
    assert limits(said) == (most, size)


def named(found):
    return [ids for ids, _ in found]


def test_captures_are_as_large_as_they_may_be_and_what_is_known_is_left_out():
    whole = document("a", "b", "c", "d", "e")
    assert named(parts(whole, ["b"], 2, None)) == [["a", "c"], ["d", "e"]]
    assert named(parts(whole, "abcde", 2, None)) == []
    ((_, data),) = parts(document("a", "b"), [], 9, None)
    assert named(parts(document("a", "b"), [], 9, len(data))) == [["a", "b"]]
    assert named(parts(document("a", "b"), [], 9, len(data) - 1)) == [["a"], ["b"]]
    assert named(parts(document("a", more="x" * 99), [], 9, 10)) == [["a"]], "alone, however large"
    assert named(parts(whole, [], 9, 10)) == [["a"], ["b"], ["c"], ["d"], ["e"]]


def test_a_job_says_whether_it_runs_and_what_was_wrong():
    assert job_of(b'{"running": true}') == Job(running=True, success=False, errors=())
    told = b'{"running": false, "success": true, "errors": "x"}'
    assert job_of(told) == Job(running=False, success=True, errors=())
    for wrong in (b"[]", b"{}", b'{"running": 1}'):
        with pytest.raises(WrongAnswer, match="does not say whether it runs"):
            job_of(wrong)
    for wrong in (b"no", b"\xff", b"[" * 100_000):
        with pytest.raises(WrongAnswer, match="is no JSON"):
            job_of(wrong)


def test_a_job_is_at_the_repository_itself():
    assert location(URL, "8") == "https://repository.example/epcis/8"
    assert location(URL, "") == ""
    for other in ("http://repository.example/8", "https://repository.example:8/8", "//b.example"):
        with pytest.raises(WrongAnswer):
            location(URL, other)


def test_a_book_is_read_as_it_was_written_and_nothing_else_is_one():
    book = Book({URL: [Captured(["a", "b"], JOB), Captured(["c"], "", "captured")]})
    assert book.known(URL) == ["a", "b", "c"]
    assert book.known("https://other.example") == []
    assert Book.from_bytes(book.to_bytes()).of(URL) == book.of(URL)
    for wrong in (b"[]", b'{"u": [{}]}', b'{"u": 7}', b"no", b"[" * 100_000):
        with pytest.raises(ValueError):
            Book.from_bytes(wrong)
