"""DynamoDB's writes, one after the other: moto's transactions mix, and one that is refused takes back what others wrote meanwhile."""

import functools
import threading

from moto.dynamodb.models import DynamoDBBackend

_WRITES = ("transact_write_items", "put_item", "update_item", "delete_item")


def install():
    lock = threading.RLock()  # a transaction's own writes are calls of the same backend
    for name in _WRITES:
        setattr(DynamoDBBackend, name, _alone(getattr(DynamoDBBackend, name), lock))


def _alone(write, lock):
    @functools.wraps(write)
    def alone(*arguments, **named):
        with lock:
            return write(*arguments, **named)

    return alone
