"""`python -m rushproof.driver --socket FD -f file.py --headless …`: Locust's command, with a run on the other end of the socket.

With `--worker` and without `--socket`: a worker of such a run, also for files that hold ordinary Locust users only.
"""

from locust.main import main

import signal
import sys

import rushproof.driver.duty  # noqa: F401  (listens for Locust's start)

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the run decides what Ctrl-C means
    sys.argv[0] = "locust"
    if "--headless" in sys.argv and "--only-summary" not in sys.argv:
        sys.argv.append("--only-summary")  # whoever runs the scenario shows how it goes
    main()
