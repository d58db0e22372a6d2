"""A controller on a serial line, driven by two foreign clients and by noise."""
import ctypes
import os
import select
import time
import tty
import unittest

from pymodbus.factory import ClientDecoder
from pymodbus.framer.rtu_framer import ModbusRtuFramer
from pymodbus.bit_read_message import ReadDiscreteInputsRequest
from pymodbus.register_read_message import ReadInputRegistersRequest

from serial_pair import Pair
from simulator import Simulator, main

LANES = """
seed: 5
control: {port: 0}
provider: {port: 0}
controllers:
  - serial: DEVICE
    baud: 38400
    lanes:
      - {place: a, lane: in-1, direction: entry, unit: 1}
      - {place: a, lane: out-1, direction: exit, unit: 2}
places:
  - {name: a}
"""

library = ctypes.CDLL("libmodbus.so.5", use_errno=True)
library.modbus_new_rtu.restype = ctypes.c_void_p
library.modbus_new_rtu.argtypes = [ctypes.c_char_p, ctypes.c_int, ctypes.c_char, ctypes.c_int, ctypes.c_int]


class Master:
    """libmodbus on the near end."""

    def __init__(self, device):
        self.context = ctypes.c_void_p(library.modbus_new_rtu(device.encode(), 38400, b"E", 8, 1))
        library.modbus_set_response_timeout(self.context, 2, 0)
        assert library.modbus_connect(self.context) == 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        library.modbus_close(self.context)
        library.modbus_free(self.context)

    def unit(self, number, timeout_s=2):
        library.modbus_set_slave(self.context, number)
        library.modbus_set_response_timeout(self.context, int(timeout_s), int(timeout_s % 1 * 1e6))

    def registers(self, address, count):
        values = (ctypes.c_uint16 * count)()
        n = library.modbus_read_input_registers(self.context, address, count, values)
        return list(values) if n == count else None

    def inputs(self):
        values = (ctypes.c_uint8 * 26)()
        return list(values) if library.modbus_read_input_bits(self.context, 0, 26, values) == 26 else None


def exchange(fd, request, length):
    """Raw bytes: what answers within two seconds, up to `length`."""
    os.write(fd, request)
    answer, end = b"", time.monotonic() + 2
    while len(answer) < length and time.monotonic() < end:
        if select.select([fd], [], [], 0.1)[0]:
            answer += os.read(fd, 512)
    return answer


class Serial(unittest.TestCase):
    def run_pair(self, body):
        with Pair() as pair, Simulator(LANES.replace("DEVICE", pair.far)):
            body(pair)

    def test_libmodbus_reads_and_commands_every_unit(self):
        def body(pair):
            with Master(pair.near) as master:
                for unit in (1, 2, 1):
                    master.unit(unit)
                    self.assertEqual(master.registers(0, 3), [0x4247, 0x4C4E, 1])
                    self.assertEqual(master.inputs()[4], 1)  # arm down
                values = (ctypes.c_uint16 * 2)(1, 7)
                self.assertEqual(library.modbus_write_registers(master.context, 0, 2, values), 2)
                self.assertEqual(master.registers(120, 2), [7, 1])
                self.assertIsNone(master.registers(130, 2))  # an exception
                self.assertEqual(master.registers(120, 2), [7, 1])
        self.run_pair(body)

    def test_a_unit_nobody_has_is_not_answered(self):
        def body(pair):
            with Master(pair.near) as master:
                master.unit(9, 0.3)
                self.assertIsNone(master.registers(0, 3))
                master.unit(2)
                self.assertEqual(master.registers(0, 1), [0x4247])
        self.run_pair(body)

    def test_pymodbus_understands_the_frames(self):
        def body(pair):
            fd = os.open(pair.near, os.O_RDWR | os.O_NOCTTY)
            tty.setraw(fd)
            try:
                for request, length, check in (
                        (ReadInputRegistersRequest(0, 3, 1), 11, lambda r: r.registers == [0x4247, 0x4C4E, 1]),
                        (ReadDiscreteInputsRequest(0, 26, 2), 9, lambda r: r.bits[4])):
                    framer, seen = ModbusRtuFramer(ClientDecoder()), []
                    answer = exchange(fd, framer.buildPacket(request), length)
                    framer.processIncomingPacket(answer, seen.append, [request.unit_id])
                    self.assertEqual(len(seen), 1, answer)
                    self.assertTrue(check(seen[0]), answer)
            finally:
                os.close(fd)
        self.run_pair(body)

    def test_noise_is_dropped_when_the_line_falls_silent(self):
        def body(pair):
            fd = os.open(pair.near, os.O_RDWR | os.O_NOCTTY)
            tty.setraw(fd)
            good = bytes.fromhex("010400000003b00b")
            try:
                for noise in (b"\xff" * 3, b"\x01\x10\x00\x00\x00\x02\xff", good[:-1] + b"\x00", b"\x01",
                              bytes(range(256)) * 3):
                    self.assertEqual(exchange(fd, noise, 1), b"")
                    self.assertEqual(len(exchange(fd, good, 11)), 11, noise)
                # A function it does not have is answered, once it is known to have ended.
                self.assertEqual(exchange(fd, bytes.fromhex("012b0e01007077"), 5)[:3], b"\x01\xab\x01")
                self.assertEqual(len(exchange(fd, good, 11)), 11)
            finally:
                os.close(fd)
        self.run_pair(body)

    def test_a_device_that_is_not_there_is_told(self):
        with self.assertRaises(AssertionError) as raised:
            with Simulator(LANES.replace("DEVICE", "/dev/nowhere")):
                pass
        self.assertIn("sim.line_failed", str(raised.exception))


if __name__ == "__main__":
    main()
