"""What is sent: fixed headers, signatures, tokens, cookies; and that a redirect leads nowhere but to the same host."""

import asyncio
import hashlib
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from riding import ONE_POST, ok, plan, ride, saying, serving

from rushproof.engine.cookies import Jar
from rushproof.engine.feed import Feed
from rushproof.engine.redirect import Place, place
from rushproof.histogram import middle
from rushproof.sample import Distribution, Outcome

SHED = b"HTTP/1.1 429 Later\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n"


def riding(answer, body, persona, **more):
    async def go():
        async with serving(answer) as server:
            return await ride(plan(server.url, persona(body), **{"rate": 50, "seconds": 0.2, **more})), server

    return asyncio.run(go())


def notes(ridden):
    return [note for frame in ridden.frames for note in frame.notes]


def to(location, status=302):
    return f"HTTP/1.1 {status} There\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()


# headers


def test_fixed_headers_are_on_every_request_and_a_calls_own_win(persona):
    body = """
        steps = {"look": Step(), "say": Step()}

        async def visit(self, person, target):
            await target.get("/", step="look", headers={"X-Shop": "own", "User-Agent": "me"})
            await target.post("/", {"a": 1}, step="say", headers={"content-type": "text/x"})
    """
    headers = {"x-shop": "fixed", "X-App": "7", "X-Person": "id {id} 100%", "Authorization": "Bearer {token}"}
    _, server = riding(saying(ok()), body, persona, transport={"headers": headers})
    looks = [request for request in server.requests if request.line.startswith("GET")]
    says = [request for request in server.requests if request.line.startswith("POST")]
    assert {one.headers["x-shop"] for one in looks} == {"own"}
    assert {one.headers["x-shop"] for one in says} == {"fixed"}
    assert {one.headers["user-agent"] for one in looks} == {"me"}
    assert {one.headers["content-type"] for one in says} == {"text/x"}
    for requests in (looks, says):
        assert len({one.headers["x-person"] for one in requests}) == 10
        assert all(one.headers["x-person"].startswith("id p0") and one.headers["x-person"].endswith(" 100%") for one in requests)
        assert {one.headers["x-app"] for one in requests} == {"7"}
        assert {one.headers["authorization"] for one in requests} == {"Bearer"}
        assert all(one.once for one in requests), "none is said twice"


# signatures

SIGNING = """
    steps = {"reserve": Step(gap=1.0)}
    tries = 0

    def sign(self, request, person):
        import hashlib
        type(self).tries += 1
        told = f"{request.method} {request.path} {request.headers['x-app']} {person.id} {type(self).tries}".encode() + request.body
        return {"X-Try": str(type(self).tries), "X-Signature": hashlib.sha256(told).hexdigest()}

    async def visit(self, person, target):
        await target.post(f"/r?p={person.id}", {"a": 1}, step="reserve")
"""


def test_a_signature_is_made_for_every_try(persona):
    seen = Counter()

    async def later(request, writer):
        who = request.line.split()[1].partition("?p=")[2]
        seen[who] += 1
        told = f"POST /base/r?p={who} 7 {who} {request.headers['x-try']}".encode() + request.body
        good = request.headers["x-signature"] == hashlib.sha256(told).hexdigest()
        writer.write((SHED if seen[who] < 3 else ok()) if good else b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")

    async def go():
        async with serving(later) as server:
            planned = plan(server.url + "/base", persona(SIGNING), rate=50, seconds=0.2, speed=10, transport={"headers": {"X-App": "7"}})
            return await ride(planned), server

    ridden, server = asyncio.run(go())
    assert ridden.outcomes("reserve") == {"shed": 20, "ok": 10}
    assert len({request.headers["x-try"] for request in server.requests}) == 30


def test_a_signature_that_raises_ends_its_visit_and_is_told(persona):
    body = SIGNING.replace("type(self).tries += 1", "raise LookupError('no key')")
    ridden, server = riding(saying(ok()), body, persona)
    assert not server.requests
    assert ridden.outcomes("reserve") == {"error": 10}
    assert ridden.count(Distribution.STRETCH, Outcome.ERROR) == 10
    assert any("raised LookupError" in note for note in notes(ridden))


# tokens


SIGNER = """
import time
from rushproof.persons import Token

made = 0


def sign(person):
    global made
    made += 1
    return Token(f"{person.id}.{made}", time.time() + 0.6)
"""


def test_a_request_that_is_tried_again_carries_the_token_of_the_moment(persona, tmp_path):
    body = """
        steps = {"reserve": Step()}

        async def visit(self, person, target):
            await target.post("/r", {}, step="reserve", headers={"X-Own": f"JWT {person.token}"})
    """
    (tmp_path / "tokens.py").write_text(SIGNER)
    seen = Counter()

    async def later(request, writer):
        who = request.headers["authorization"].removeprefix("Bearer ").partition(".")[0]
        seen[who] += 1
        writer.write(SHED if seen[who] == 1 else ok())

    persons = {"signer": f"{tmp_path / 'tokens.py'}:sign", "ahead": "1s", "refresh": "200ms"}
    headers = {"Authorization": "Bearer {token}"}
    ridden, server = riding(later, body, persona, persons=persons, transport={"headers": headers}, seconds=0.1)
    assert ridden.outcomes("reserve") == {"shed": 5, "ok": 5}
    tokens = [request.headers["authorization"].removeprefix("Bearer ") for request in server.requests]
    assert len(set(tokens)) == 10, "the second try's token is another one"
    assert [request.headers["x-own"].removeprefix("JWT ") for request in server.requests] == tokens, (
        "also where the persona wrote it itself"
    )


def test_a_new_token_is_asked_for_before_every_try_and_ahead_of_the_end_of_a_thought(persona, tmp_path, monkeypatch):
    body = """
        steps = {"look": Step()}

        async def visit(self, person, target):
            await target.get("/", step="look")
            await target.think(person, mean=2.0)
            await target.get("/", step="look")
    """
    (tmp_path / "tokens.py").write_text(SIGNER)
    asked, fresh = {}, Feed.fresh

    def listening(feed, person, ahead=0.0):
        asked.setdefault(person.id, []).append(ahead)
        return fresh(feed, person, ahead)

    monkeypatch.setattr(Feed, "fresh", listening)
    ridden, _ = riding(saying(ok()), body, persona, persons={"signer": f"{tmp_path / 'tokens.py'}:sign"}, seconds=0.1, speed=20)
    assert ridden.outcomes("look") == {"ok": 10}
    for before, thinking, after in asked.values():
        assert before == after == 0.0
        assert 0 < thinking <= 1.0, "as long as the thought is, on the wall"


# cookies

LOGIN = """
    steps = {"login": Step(), "look": Step()}

    async def visit(self, person, target):
        await target.post("/auth/login", {"id": person.id}, step="login")
        await target.get("/rounds", step="look")
        await target.post("/auth/logout", {}, step="login")
        await target.get("/rounds", step="look")
"""


def test_each_visit_keeps_its_own_cookies_where_it_may(persona):
    async def serve(request, writer):
        who = request.body.decode().partition('"id":"')[2].partition('"')[0]
        if "/login" in request.line:
            writer.write(ok(head=f"Set-Cookie: SESSION={who}; Path=/; HttpOnly\r\nset-cookie: csrf=c-{who}\r\n"))
        elif "/logout" in request.line:
            writer.write(ok(head="Set-Cookie: SESSION=; Path=/; Max-Age=0\r\n"))
        else:
            writer.write(ok())

    ridden, server = riding(serve, LOGIN, persona, connections={"cookies": "true"})
    assert ridden.outcomes("look") == {"ok": 20}
    looked = Counter(request.headers.get("cookie") for request in server.requests if "/rounds" in request.line)
    assert looked.pop(None) == 10, "it was taken away again"
    assert len(looked) == 10, "everybody has their own"
    left = [request.headers["cookie"] for request in server.requests if "/logout" in request.line]
    assert all(one == f"csrf=c-{one.partition('SESSION=')[2]}; {one.partition('; ')[2]}" for one in left), "the nearer path comes first"

    _, server = riding(serve, LOGIN, persona)
    assert not any("cookie" in request.headers for request in server.requests), "by default there are none"


NAMES, VALUES = st.sampled_from(("a", "b", "c")), st.text("xyz09", max_size=3)


@given(st.lists(st.tuples(NAMES, VALUES, st.sampled_from(("", "; Max-Age=0", "; Max-Age=60", "; Expires=Thu, 01 Jan 1970 00:00:00 GMT")))))
def test_a_jar_holds_the_last_value_of_each_name_unless_it_was_taken_away(said):
    jar, left = Jar(), {}
    for name, value, more in said:
        jar.take(f"HTTP/1.1 200 OK\r\nSet-Cookie: {name}={value}{more}\r\n\r\n".encode(), "/")
        left.pop(name, None)
        if more in ("", "; Max-Age=60"):
            left[name] = value
    assert Counter(filter(None, jar.header("/x").split("; "))) == Counter(f"{name}={value}" for name, value in left.items())


@pytest.mark.parametrize(
    ("asked", "attributes", "sent_to", "kept_from"),
    [
        ("/a/b", "", ["/a", "/a/c", "/a/b/d?x=1"], ["/", "/ab"]),
        ("/a/b", "; Path=/x", ["/x", "/x/y", "/x?q"], ["/a/b", "/xy"]),
        ("/a", "; path=/; Domain=elsewhere.example; Secure", ["/", "/z"], []),
        ("/a/b?c=/d", "; Path=no", ["/a/x"], ["/"]),
        ("/", "; Expires=Wed, 21-Oct-2099 07:28:00 GMT", ["/"], []),
        ("/", "; Max-Age=soon", ["/"], []),
    ],
)
def test_a_cookie_goes_where_its_path_says(asked, attributes, sent_to, kept_from):
    jar = Jar()
    jar.take(f"HTTP/1.1 200 OK\r\nSet-Cookie: n=v{attributes}\r\n\r\n".encode(), asked)
    assert [path for path in sent_to if jar.header(path) != "n=v"] == []
    assert [path for path in kept_from if jar.header(path)] == []


def test_a_jar_bears_nonsense():
    jar = Jar()
    for line in ("", "novalue", "=x", ";;;", "a"):
        jar.take(f"HTTP/1.1 200 OK\r\nSet-Cookie: {line}\r\n\r\n".encode(), "/")
    assert jar.header("/") == ""
    jar.take(b"HTTP/1.1 200 OK\r\n" + b"".join(b"Set-Cookie: n%d=v\r\n" % nth for nth in range(500)) + b"\r\n", "/")
    assert jar.header("/").count("=") == 50


# redirects

LOOK = """
    steps = {"look": Step()}

    async def visit(self, person, target):
        answer = await target.get("/a?x=1", step="look", headers={"X-Mine": "1"})
        assert answer.step.name == "look"
"""


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_within_the_host_is_followed_inside_the_same_sample(persona, status):
    async def serve(request, writer):
        await asyncio.sleep(0.03)
        writer.write({"/a?x=1": to("/b", status), "/b": to("c?y=2", status), "/c?y=2": ok()}[request.line.split()[1]])

    ridden, server = riding(serve, LOOK, persona)
    assert ridden.outcomes("look") == {"ok": 10}
    assert ridden.count(Distribution.SERVICE) == 10
    assert len(server.requests) == 30
    assert {request.headers["x-mine"] for request in server.requests} == {"1"}
    rows = [row for frame in ridden.frames for row in frame.cell_rows if row["distribution"] == Distribution.SERVICE]
    assert all(float(middle(rows[0]["bucket"].reshape(1))[0]) > 0.085 for row in rows), (
        "its service is from the first request to the last answer"
    )


def test_a_redirect_to_another_host_port_or_scheme_is_an_error_and_told_once_a_step(persona):
    ridden, server = riding(saying(to("http://192.0.2.1/x")), LOOK, persona)
    assert len(server.requests) == 10
    assert ridden.outcomes("look") == {"error": 10}
    assert sum(frame.unmapped for frame in ridden.frames) == 0
    own = server.url.removeprefix("http://")
    assert notes(ridden) == [f"the step look was redirected to http://192.0.2.1, and load never leaves {own} (10 times)"]


def test_a_circle_of_redirects_ends(persona):
    ridden, server = riding(saying(to("/a?x=1")), LOOK, persona)
    assert ridden.outcomes("look") == {"error": 10}
    assert len(server.requests) == 60
    assert notes(ridden) == ["the step look was redirected more than 5 times (10 times)"]


def test_a_redirected_request_that_is_shed_begins_again_where_it_began(persona):
    seen = Counter()

    async def serve(request, writer):
        path = request.line.split()[1]
        seen[path] += 1
        writer.write(to("/b") if path != "/b" else SHED if seen[path] <= 10 else ok())

    ridden, _ = riding(serve, LOOK, persona, speed=20)
    assert ridden.outcomes("look") == {"shed": 10, "ok": 10}
    assert seen == {"/a?x=1": 20, "/b": 20}


def test_a_write_is_not_sent_elsewhere(persona):
    ridden, server = riding(saying(to("/b", 307)), ONE_POST, persona)
    assert ridden.outcomes("reserve") == {"doubt": 10}
    assert len(server.requests) == 10


class Here:
    """An address."""

    secure, host, port, authority = True, "tickets.example", 8443, "tickets.example:8443"


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ("/x?y=1#z", "/x?y=1"), ("x", "/a/x"), ("?q", "/a/b?q"), ("https://TICKETS.example:8443/x", "/x"),
        ("//tickets.example:8443/x", "/x"),
        ("https://tickets.example:8443", "/"), ("/a b\tc", "/a%20bc"), ("https://me:word@tickets.example:8443/x", "/x"),
        ("https://tickets.example/x", None), ("http://tickets.example:8443/x", None), ("https://tickets.example.evil:8443/", None),
        ("//evil/x", None), ("ftp://tickets.example:8443/", None), ("https://tickets.example:8443@evil/", None), ("https://[::1/", None),
        ("http:///x", None), ("https://tickets.example:99999/", None), ("javascript:alert(1)", None),
    ],
)  # fmt: skip
def test_where_a_redirect_leads(location, path):
    assert place(Here(), "/a/b", location).path == path


@given(st.text(max_size=30))
def test_no_location_leads_to_another_host(location):
    found = place(Here(), "/a/b", location)
    assert isinstance(found, Place)
    assert found.path is None or (found.path.startswith("/") and not any(letter <= " " for letter in found.path))
