"""The figures: each goal of the project measured on this machine, with the peers run beside it.

`python -m bench` runs the generator, truth, millions and backend goals and prints one table; `python -m bench day` is a whole real day's
volume.  Machines are shared and noisy, so rates are compared as ratios within one run, and every file in `reports/runs/bench` names the
machine and the command.  The generator has the first core, the server the last; nothing leaves the loopback.
"""
