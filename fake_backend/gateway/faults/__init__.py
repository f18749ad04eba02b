"""The faults of the gateway, one file each: what real gateways were seen to do, to be turned on for a while.

A fault's type is what PUT takes, what is checked, what is documented, and what is done: its fields are the settings, its methods answer
the questions of `fault.Fault` that it answers differently from an honest gateway.
"""
