"""What `rushproof init` writes: one starter that brings its backend along, and one for a backend that runs already."""

PERSONA = '''\
"""Who comes: change the steps to what your visitors do.  `locust -f my_visitor.py` works as well."""

from rushproof.driver import Crowd, Duration, Person, Promise, Settings, Step, Target


class MySettings(Settings, frozen=True):
    """What a scenario may say under `settings`."""

    think: Duration = Duration(0.2)
    """mean pause before the reservation"""


class MyVisitor(Crowd):
    """Looks at what is on offer and reserves the first thing."""

    Settings = MySettings
    # A step that promises something is compared with the target's ledger: `person`, `round` and `content` name fields of the body
    # that is sent, `sequence` one of the answer.
    steps = {"look": Step(), "reserve": Step(promises=Promise("reservation", content=("shop",)))}

    async def visit(self, person: Person, target: Target) -> None:
        offer = await target.get("/rounds", step="look")
        if offer.status != 200:
            return
        await target.think(person, mean=self.settings.think)
        wish = {"person": person.id, "round": offer.json()["rounds"][0]["round"], "shop": person.shop}
        await target.post("/reservations", wish, step="reserve", person=person)
'''

SCENARIO = """\
about: Ten seconds of my visitors

target:
  # How to start the backend on a free port; leave `command` out for one that runs already, and say its address as `url`.
  command: python -m fake_backend --port {port} --database {folder}/reservations.sqlite
  url: http://127.0.0.1:{port}
  ready: /health
  # Without a clock that can be set, leave this out: the scenario then runs at speed 1 only.
  clock: /clock

timetable:
  from: open
  to: open + 10s
  moments: {open: "09:00"}

crowds:
  visitors:
    persona: ./my_visitor.py
    # Other shapes: ramp, spike, opening, trace.
    arrivals: {shape: steady, from: open, for: 10s, rate: 50/s}
    settings: {think: 200ms}

# What the target wrote, fetched when the load is over.
ledgers:
  ledger: {export: /ledger/reservations.csv, content: [shop]}
  rounds: {export: /ledger/rounds.csv, person: null, key: null}

# What must never be; your own go into audit/NAME.sql beside this file.
audit: [acknowledged_is_kept, nothing_unasked, one_a_person_and_round]

# What you can afford.
budget:
  - {measure: p99, step: reserve, outcome: ok, at_most: 1s}
  - {measure: good_share, step: reserve, within: 1s, at_least: 99%}
  - {measure: share, step: reserve, outcome: error, at_most: 0.1%}

# From where on the generator no longer believes itself; wide, for a machine that does other things too.
generator: {lag: 100ms, busy: 98%, turn: 250ms, unsent: 5%, tainted: 20%, peak: 0}

drain: 5s
"""

THEIR_PERSONA = '''\
"""Who comes: change the steps to what your visitors do."""

from rushproof.driver import Crowd, Outcome, Person, Step, Target


class MyVisitor(Crowd):
    """Looks at what is on offer and books one thing."""

    # What answers mean and what they promise stands in the scenario, under `steps`; it may stand here as well.
    steps = {"look": Step(), "book": Step()}

    async def visit(self, person: Person, target: Target) -> None:
        offer = await target.get("/items", step="look", person=person)
        if offer.outcome is not Outcome.OK:
            return
        await target.think(person, mean=1.0)
        # `person["shop"]` is a column of the persons' file that the scenario names under `attributes`.
        await target.post("/bookings", {"item": "i1", "shop": person["shop"]}, step="book", person=person)
'''

THEIR_SCENARIO = """\
about: Ten seconds of my visitors at a backend that runs already

target:
  url: {url}
  # A path that answers 200 when load may begin.
  ready: /health
  transport:
    # {authority}
    {ca}ca: ca.pem
    # On every request of the load; {{token}} and {{id}} are the person's.  A fixed one marks your test traffic.
    headers: {{Authorization: "Bearer {{token}}", X-Load-Test: rush}}

# Backends tell the time by the wall, so this runs at speed 1; the names of moments are yours.
timetable:
  from: open
  to: open + 10s
  moments: {{open: "09:00"}}

# People that exist: a CSV (with a header) or a Parquet file, one row a person.  A second run takes the rows behind the first one's.
persons:
  file: persons.csv
  # The columns: by what the backend knows a person, what lets them in, and (unix seconds) until when.
  id: id
  token: token
  # expires: expires
  # Further columns for the persona.
  attributes: [shop]

crowds:
  visitors:
    persona: ./my_visitor.py
    # Arrivals a second, whatever the backend answers.  Other shapes: ramp, spike, opening, trace.
    arrivals: {{shape: steady, from: open, for: 10s, rate: 20/s}}
    # What answers mean, where HTTP says 200 to everything: the first rule that fits.  An answer that no rule knows is counted,
    # and too many of them make the verdict `unknown`.  Outcomes: ok, refused (a definite no), blocked, shed (come later), error, doubt.
    steps:
      look:
        outcomes:
          - {{body: {{code: 0}}, outcome: ok}}
      book:
        # What `ok` binds the backend to.  Round and content are fields of what is sent; the key is a field of what comes back, by which
        # the ledger knows it too.
        promises: {{kind: booking, round: item, content: [shop], key: data.id}}
        outcomes:
          - {{body: {{code: 0}}, outcome: ok}}
          - {{body: {{code: [1001, 1002]}}, outcome: refused}}
          - {{body: {{code: 4290}}, outcome: shed}}

# What the backend itself wrote, read when the load is over: here from its database, by an account that may only read.
# Other sources: export, file, http, command.
ledgers:
  ledger:
    dsn: ${{env:RUSH_DSN}}
    sql: |
      SELECT user_id, item, shop, booking_no, created_at FROM bookings
      WHERE created_at BETWEEN to_timestamp(:begin) AND to_timestamp(:end)
    # Which column is what; person, key and content are hashed on the way in.
    person: user_id
    round: item
    content: [shop]
    key: booking_no
    at: created_at
  # A table without persons, taken whole, for the invariant in audit/never_oversold.sql.
  stock:
    dsn: ${{env:RUSH_DSN}}
    sql: SELECT item, total, sold FROM stock
    person: null
    key: null
    keep: [item, total, sold]

# What must never be; your own are the files in audit/ beside this one.
audit: [acknowledged_is_kept, nothing_unasked, one_a_person_and_round, never_oversold]

# What you can afford.
budget:
  - {{measure: p99, step: book, outcome: ok, at_most: 500ms}}
  - {{measure: good_share, step: book, within: 1s, at_least: 99%}}
  - {{measure: share, step: book, outcome: error, at_most: 0.1%}}

# Visits a second expected at the worst, for the headroom that `rushproof capacity` finds.
forecast: 50/s

# From where on the generator no longer believes itself; wide, for a machine that does other things too.
generator: {{lag: 100ms, busy: 98%, turn: 250ms, unsent: 5%, tainted: 20%, peak: 0}}

drain: 5s

# There is more: `warm_up` (recorded, not judged), `before` and `after` (commands that reset your data), `stop_when` (what ends the
# load by itself), `probes` (of your Prometheus, database, JSON), `drill` (what breaks meanwhile, and when all is well again),
# `connections` of a crowd (cookies, time-outs, source addresses).
"""

THEIR_INVARIANT = """\
-- No more is given out than there is.
-- over: stock
SELECT item, total, sold FROM stock WHERE sold::BIGINT > total::BIGINT
"""

OURS = {"my_visitor.py": PERSONA, "my_scenario.yaml": SCENARIO}
"""The reference backend, which the run starts itself."""


def theirs(url: str) -> dict[str, str]:
    """Files for a backend that runs at `url`; to be changed before they run."""
    secure = url.startswith("https://")
    authority = "Your own authority's certificate, beside this file; leave it out where the system trusts the backend's."
    scenario = THEIR_SCENARIO.format(
        url=url, ca="" if secure else "# ", authority=authority if secure else "With https: your own authority's certificate."
    )
    return {"my_visitor.py": THEIR_PERSONA, "my_scenario.yaml": scenario, "audit/never_oversold.sql": THEIR_INVARIANT}
