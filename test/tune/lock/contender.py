"""The same as contender.ts, with the lock of real Optuna: contender.py LOCK link|open"""
import os
import sys
import time

from optuna.storages.journal import JournalFileOpenLock, JournalFileSymlinkLock

path = sys.argv[1]
witness = path + ".inside"
kind = {"link": JournalFileSymlinkLock, "open": JournalFileOpenLock}[sys.argv[2]]
lock = kind(path.removesuffix(".lock"))


def inside():
    try:
        with open(witness) as file:
            return int(file.read() or 0)
    except FileNotFoundError:
        return None


def lives(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return ") Z " not in file.read()
    except OSError:
        return False


def work():
    other = inside()
    if other and lives(other):
        return f"together with {other}"
    with open(witness, "w") as file:
        file.write(str(os.getpid()))
    time.sleep(0.001)
    now = inside()
    if now != os.getpid():
        return f"{now} came in"
    os.remove(witness)
    return "alone"


print("ready", flush=True)
for line in sys.stdin:
    lock.acquire()
    try:
        answer = work()
    finally:
        lock.release()
    print(answer, flush=True)
