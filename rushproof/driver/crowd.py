"""The class that a locustfile's persona derives from."""

import sys
from typing import TYPE_CHECKING

from rushproof.seams import Persona

if TYPE_CHECKING or "locust" in sys.modules:
    from rushproof.driver import duty  # noqa: F401  (listens for Locust's start)
    from rushproof.driver.user import ArrivalUser
else:

    class ArrivalUser:
        """Nothing: where no Locust was loaded (in the engine, in an inspection) a persona is only a persona, half a second sooner."""


class Crowd(Persona, ArrivalUser):
    """Base of the personas in locustfiles: for the engine a kind of visitor, for Locust a user that stands for one arrival a second.

    ::

        class Passer(Crowd):
            \"\"\"Looks in once.\"\"\"

            steps = {"look": Step()}

            async def visit(self, person, target):
                await target.get("/", step="look")
    """

    abstract: bool = True
