"""A process with limits for what others wrote.

What a fence holds back: endless loops and floods of memory; processes that outlive it;
the network; long files; what it does to numpy, to a check or to any name, for the course's own
process is another one. Where root grades, on Linux, it goes on as the user *nobody*, who writes
in one empty folder alone. **Otherwise it runs as you**: it can read your files, and delete them.
Grade in an account, a container or a machine that holds nothing else.

A fence is a fork, so what is ready in the course's process is ready in it, at no cost.
"""

import ctypes
import os
import pickle
import resource
import shutil
import signal
import sys
import tempfile
import time
from multiprocessing import Pipe
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
NOBODY = 65534
NEW_USER, NEW_PIDS, NEW_NETWORK = 0x10000000, 0x20000000, 0x40000000  # of Linux's unshare
KEEP_CAPABILITIES, CAPABILITIES_VERSION_3, READ_ALL = 8, 0x20080522, 2  # of its prctl, capset
MEMORY = 2_000_000_000  # bytes beyond what the course's notebook has
LONGEST_FILE = 20_000_000  # bytes
THREADS = 16  # of all fences together, where none of them can stay behind
BY_SIGNAL = 128  # an exit status above it tells the signal
LIMITS = ("SIGXCPU", "SIGKILL", "SIGXFSZ")  # by which it ends what goes too far
LONGEST_WORD = 300_000_000  # bytes that come through in one piece


class Ended(Exception):
    """A fence ended before it had answered, and how."""


class Fenced:
    """``work(connection)`` in a process with limits; the connection leads to it."""

    def __init__(self, work, seconds):
        """Begins. `seconds` is processor time, which the system counts; see also `receive`."""
        self.home = tempfile.mkdtemp(prefix="graded_")
        self.connection, theirs = Pipe()
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid == 0:
            self.connection.close()
            run_and_leave(work, theirs, self.home, seconds)
        theirs.close()

    def receive(self, seconds):
        """Returns the next message, in bytes; raises `Ended` if none comes in time."""
        late = []

        def stop(*_):
            late.append(True)
            self.kill()

        signal.signal(signal.SIGALRM, stop)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            return self.connection.recv_bytes(LONGEST_WORD)
        except (EOFError, OSError):
            how = f"it took more than {seconds:.0f} seconds" if late else self.ended()
            raise Ended(how) from None
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def kill(self):
        """Ends the process, and all that it could have begun."""
        for end, of in ((os.killpg, self.pid), (os.kill, self.pid)):
            try:
                end(of, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass

    def ended(self):
        """Returns in words how the process ended by itself, or was ended by a limit."""
        for _ in range(100):  # its connection closes a moment before it has ended
            how = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG)
            if how is not None:
                break
            time.sleep(0.01)
        else:
            return "it closed its connection, or said too much"
        status = how.si_status
        if how.si_code == os.CLD_EXITED and not BY_SIGNAL < status < BY_SIGNAL + 32:
            return f"it left Python with the status {status}"
        name = signal.Signals(status % BY_SIGNAL).name
        return f"the system ended it ({name}{', a limit' if name in LIMITS else ''})"

    def close(self):
        """Ends it and takes its folder away."""
        self.connection.close()
        self.kill()
        os.waitpid(self.pid, 0)
        shutil.rmtree(self.home, ignore_errors=True)


def run_and_leave(work, connection, home, seconds):
    """Does the work behind the fence; never returns."""
    try:
        signal.setitimer(signal.ITIMER_REAL, 0)
        shut_in(home)
        threads = THREADS if in_a_world_of_its_own() else 0
        as_nobody(home)
        limit(seconds, threads)
        work(connection)
    except BaseException:  # even SystemExit: nothing may go on in the course's code
        os._exit(1)
    os._exit(0)


def shut_in(home):
    """Gives the process an empty home, no words and, in Python, no network."""
    os.setsid()
    os.chdir(home)
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    keep = {name: os.environ.get(name, "") for name in ("PATH", "LANG", "OMP_NUM_THREADS")}
    os.environ.clear()
    os.environ.update(keep, HOME=home)
    tempfile.tempdir = home
    stay_home()


def stay_home():
    """Closes the network in Python: the tests' own guard, which nothing can take away."""
    sys.path.insert(0, str(ROOT / "tests" / "at_home"))
    import stay_home  # noqa: F401


def in_a_world_of_its_own():
    """Goes on without a network, and where no child outlives us: where Linux lets us.

    Returns whether so. Then a few threads do no harm, without which pyarrow reads nothing; a
    child that got away from its group would have to be one of them, and ends with this world.
    """
    unshare = getattr(ctypes.CDLL(None, use_errno=True), "unshare", lambda how: -1)
    if not any(unshare(user | NEW_NETWORK | NEW_PIDS) == 0 for user in (0, NEW_USER)):
        any(unshare(user | NEW_NETWORK) == 0 for user in (0, NEW_USER))
        return False
    for _ in range(2):  # the first is this world's init, which gets no signals; the second works
        if pid := os.fork():
            code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            os._exit(code if code >= 0 else BY_SIGNAL - code)
    return True


def give_to_nobody(folder):
    """Lets *nobody* write into a folder, if it is nobody who will."""
    if os.geteuid() == 0:
        for place in (Path(folder), *Path(folder).rglob("*")):
            os.chown(place, NOBODY, NOBODY, follow_symlinks=False)


def as_nobody(home):
    """If we are root, goes on as *nobody*, who may read what root may, and write at home alone."""
    if os.geteuid() != 0:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    give_to_nobody(home)
    os.setgroups([])
    os.setgid(NOBODY)
    libc.prctl(KEEP_CAPABILITIES, 1, 0, 0, 0)
    os.setuid(NOBODY)
    header = (ctypes.c_uint32 * 2)(CAPABILITIES_VERSION_3, 0)
    only = 1 << READ_ALL  # effective, permitted, inheritable; of two words of 32 bits
    libc.capset(header, (ctypes.c_uint32 * 6)(only, only, 0, 0, 0, 0))


def limit(seconds, threads):
    """Limits processor time, memory, files and processes, as far as the system knows how."""
    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    limits = {
        "RLIMIT_CPU": int(used + seconds) + 1,
        "RLIMIT_AS": size_of_process() + MEMORY,
        "RLIMIT_FSIZE": LONGEST_FILE,
        "RLIMIT_NPROC": threads,
        "RLIMIT_CORE": 0,
    }
    for name, most in limits.items():
        try:
            resource.setrlimit(getattr(resource, name), (most, most))
        except (AttributeError, ValueError, OSError):
            pass  # macOS has no limit of memory that holds


def size_of_process():
    """Returns the bytes of addresses that this process has."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        return pages * resource.getpagesize()
    except OSError:
        return 4_000_000_000


def held_back():
    """Returns in words what a fence holds back here, tried in one."""

    def look(connection):
        memory = resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY
        names = Path("/proc/net/dev")  # of network cards: behind a fence there is none but lo
        offline = names.exists() and len(names.read_text().splitlines()) <= 3
        connection.send([memory, offline, os.geteuid() == NOBODY and os.access(ROOT, os.R_OK)])

    fence = Fenced(look, 10)
    memory, offline, nobody = pickle.loads(fence.receive(10))  # ours, not a student's
    fence.close()
    whom = "nobody, a user who writes in an empty folder alone" if nobody else "you"
    words = f"each submission in a process of its own, as {whom}, with limits of time"
    words += f"{' and memory' if memory else ''}, no process that outlives it, off the network"
    return words + (" (by the system)" if offline else " (by Python alone)")
