"""What people do at the desk: stage, sign, reject, stop, rearm, agree on a policy.

The command line and the app only call these; neither holds a rule of its own.
"""
