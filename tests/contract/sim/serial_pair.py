"""Two pseudo terminals joined by a thread, as a cable joins two serial ports."""
import os
import pty
import select
import threading
import tty


class Pair:
    """`near` and `far` are device names. What is written to one is read from the other."""

    def __init__(self):
        self.ends = [pty.openpty() for _ in range(2)]
        for _, slave in self.ends:
            tty.setraw(slave)
        self.near, self.far = (os.ttyname(slave) for _, slave in self.ends)
        self.stop_in, self.stop_out = os.pipe()
        self.thread = threading.Thread(target=self.carry, daemon=True)
        self.thread.start()

    def carry(self):
        masters = [master for master, _ in self.ends]
        while True:
            ready, _, _ = select.select(masters + [self.stop_in], [], [])
            if self.stop_in in ready:
                return
            for master in ready:
                data = os.read(master, 1024)
                os.write(masters[1 - masters.index(master)], data)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.write(self.stop_out, b"x")
        self.thread.join()
        for ends in self.ends:
            for fd in ends:
                os.close(fd)
        os.close(self.stop_in)
        os.close(self.stop_out)
