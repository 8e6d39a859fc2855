"""Imported, it keeps this process off the network: only loopback and sockets of files are left.

Python itself calls the hook before every look-up of a name and every connection, wherever in
whichever library it is made, and nothing can take the hook away again. Each attempt is
written to the file that STAY_HOME names, because a library may swallow the error.
"""

import os
import sys

LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0", "::ffff:127.")  # 0.0.0.0: to listen or to itself


def stay_home(event, args):
    """Raises OSError where somebody is about to reach beyond this machine."""
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = args[1]
        host = address[0] if isinstance(address, tuple) else None  # a file, or none
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        host = args[0]
    else:
        return
    host = host.decode() if isinstance(host, bytes) else host
    if host and not host.startswith(LOOPBACK):
        message = f"{event} to {host}: the tests stay off the network"
        if os.environ.get("STAY_HOME"):
            with open(os.environ["STAY_HOME"], "a") as log:
                print(message, file=log)
        raise OSError(message)


sys.addaudithook(stay_home)
