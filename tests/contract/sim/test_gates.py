"""The gates' Modbus TCP servers, driven by a foreign client and by bytes no client would send."""
import ctypes
import socket
import struct
import time
import unittest

from simulator import LANES, Simulator, main, until

OPEN, CLOSE = 1, 2
EXCEPTION = 112345678  # libmodbus: errno of a Modbus exception is this plus its code

library = ctypes.CDLL("libmodbus.so.5", use_errno=True)
library.modbus_new_tcp.restype = ctypes.c_void_p


class Refused(Exception):
    pass


class Gate:
    """One unit through libmodbus."""

    def __init__(self, port, unit):
        self.context = ctypes.c_void_p(library.modbus_new_tcp(b"127.0.0.1", port))
        library.modbus_set_slave(self.context, unit)
        library.modbus_set_response_timeout(self.context, 5, 0)
        assert library.modbus_connect(self.context) == 0
        self.sequence = 100

    def __enter__(self):
        return self

    def __exit__(self, *_):
        library.modbus_close(self.context)
        library.modbus_free(self.context)

    def do(self, name, *arguments):
        if getattr(library, name)(self.context, *arguments) < 0:
            code = ctypes.get_errno()
            raise Refused(code - EXCEPTION if code > EXCEPTION else code)

    def bits(self, name, address, count):
        values = (ctypes.c_uint8 * count)()
        self.do(name, address, count, values)
        return list(values)

    def words(self, name, address, count):
        values = (ctypes.c_uint16 * count)()
        self.do(name, address, count, values)
        return list(values)

    def inputs(self):
        return self.bits("modbus_read_input_bits", 0, 26)

    def coils(self, address, count):
        return self.bits("modbus_read_bits", address, count)

    def registers(self, address, count):
        return self.words("modbus_read_input_registers", address, count)

    def holding(self, address, count):
        return self.words("modbus_read_registers", address, count)

    def write(self, address, *values):
        if len(values) == 1:
            self.do("modbus_write_register", address, values[0])
        else:
            self.do("modbus_write_registers", address, len(values),
                    (ctypes.c_uint16 * len(values))(*values))

    def write_coil(self, address, on):
        self.do("modbus_write_bit", address, int(on))

    def command(self, code):
        self.sequence += 1
        self.write(0, code, self.sequence)
        echo = self.registers(120, 2)
        assert echo[0] == self.sequence, echo
        return echo[1]


def raw(port, data, answer_bytes, timeout=5):
    """Sends bytes on a new connection; the answer, b"" if the server closed."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as s:
        s.sendall(data)
        answer = b""
        while len(answer) < answer_bytes:
            part = s.recv(answer_bytes - len(answer))
            if not part:
                break
            answer += part
        return answer


class Gates(unittest.TestCase):
    def test_identity_and_rest(self):
        with Simulator() as sim, Gate(sim.gates[0], 1) as gate:
            first = gate.registers(0, 36)
            self.assertEqual(first[:3], [0x4247, 0x4C4E, 1])
            self.assertEqual(b"".join(struct.pack(">H", r) for r in first[7:15]).rstrip(b"\0"),
                             b"SIM-00-001")
            self.assertEqual(first[16:18], [17, 0])
            self.assertEqual(first[22], 1)
            on = {i for i, bit in enumerate(gate.inputs()) if bit}
            self.assertEqual(on, {4, 5, 6, 7, 9, 10, 11, 12, 22, 23, 25})
            gate.write_coil(10, True)
            self.assertFalse(gate.inputs()[25])
            self.assertEqual(gate.holding(3, 1), [5000])

    def test_heartbeat_counts_domain_seconds(self):
        with Simulator(LANES, "--clock-rate", "50") as sim, Gate(sim.gates[0], 1) as gate:
            before = gate.registers(23, 1)[0]
            until(lambda: gate.registers(23, 1)[0] >= before + 20, "20 heartbeats", 5)

    def test_a_car_in_and_out(self):
        plate = "22아2222"
        with Simulator(LANES, "--clock-rate", "10") as sim, \
                Gate(sim.gates[0], 1) as entry, Gate(sim.gates[0], 2) as leaving:
            for gate, lane, end in ((entry, "in-1", "inside"), (leaving, "out-1", "left")):
                car = sim.drive(lane, plate)
                until(lambda: gate.inputs()[0], "loop A")
                until(lambda: gate.registers(48, 1)[0] == 2, "the plate")
                block = gate.registers(48, 24)
                self.assertEqual(block[1], 9)
                self.assertEqual(block[7], 410)
                self.assertEqual(block[8:13], [0x3232, 0xEC95, 0x8432, 0x3232, 0x3200])
                until(lambda: sim.state(car) == "at_column", "it stands at the column")
                self.assertEqual(gate.command(OPEN), 1)
                until(lambda: gate.inputs()[3], "arm up")
                until(lambda: gate.inputs()[1], "loop B")
                self.assertEqual(gate.command(CLOSE), 2)  # refused: somebody is under the arm
                self.assertTrue(gate.inputs()[3])
                until(lambda: sim.state(car) == end, end)
                until(lambda: gate.command(CLOSE) == 1 or None, "the beam is free")
                until(lambda: gate.inputs()[4], "arm down")
                self.assertEqual(gate.registers(32, 4), [0, 1, 0, 0])
                self.assertEqual(gate.registers(20, 2), [0, 1])
            place = sim.truth()["places"][0]
            self.assertEqual((place["entered"], place["left"], place["inside"]), (1, 1, 0))
            self.assertEqual(sim.truth()["violations"], [])

    def test_the_world_waits_for_a_slow_observer(self):
        """At 100 times real time, with 50 ms between scans, a crossing takes less than one scan."""
        with Simulator(LANES, "--clock-rate", "100") as sim, Gate(sim.gates[0], 1) as gate:
            seen, opened = [], False

            def look():
                nonlocal opened
                time.sleep(0.05)  # the observer's period, not a wait for something
                loops = "".join(n for n, on in zip("ABC", gate.inputs()[:3]) if on)
                if not seen or seen[-1] != loops:
                    seen.append(loops)
                if loops == "A" and not opened:
                    opened = gate.command(OPEN) == 1
                return opened and loops == ""

            sim.drive("in-1", "22아2222")
            until(look, "the lane is clear again", 30)
            order = ["", "A", "AB", "B", "BC", "C"]  # "B" alone may fall between two scans
            self.assertEqual([order.index(s) for s in seen if s],
                             sorted({order.index(s) for s in seen if s}))
            self.assertTrue({"A", "AB", "BC", "C"} <= set(seen), seen)

    def test_a_command_runs_once_per_sequence(self):
        with Simulator() as sim, Gate(sim.gates[1], 7) as gate:
            self.assertEqual(gate.command(OPEN), 1)
            until(lambda: gate.inputs()[3], "arm up")
            gate.write(0, CLOSE, gate.sequence)
            self.assertTrue(gate.inputs()[3])
            self.assertEqual(gate.registers(16, 1), [16])
            self.assertEqual(gate.command(42), 3)

    def test_display_watchdog_and_refused_values(self):
        with Simulator() as sim, Gate(sim.gates[0], 1) as gate:
            text = "만차 FULL".encode()
            words = struct.unpack(f">{(len(text) + 1) // 2}H", text + b"\0" * (len(text) % 2))
            gate.write(16, *words)
            self.assertEqual(sim.lane("in-1")["display"], "만차 FULL")
            gate.write(2, 1, 100)
            until(lambda: gate.inputs()[24], "the watchdog trips")
            gate.write(2, 2)
            self.assertFalse(gate.inputs()[24])
            for code, what in ((3, lambda: gate.write(5, 9)), (2, lambda: gate.write(4, 0)),
                               (2, lambda: gate.registers(100, 50)),
                               (2, lambda: gate.write_coil(1, True))):
                with self.assertRaises(Refused) as refused:
                    what()
                self.assertEqual(refused.exception.args[0], code)
            gate.write_coil(5, True)
            self.assertEqual(gate.coils(5, 2), [1, 0])
            with Gate(sim.gates[0], 99) as nobody, self.assertRaises(Refused) as refused:
                nobody.registers(0, 1)
            self.assertEqual(refused.exception.args[0], 11)

    def test_one_connection_more_is_closed(self):
        with Simulator() as sim, Gate(sim.gates[1], 7) as gate:
            ask = bytes.fromhex("000100000006070400000001")
            try:
                self.assertEqual(raw(sim.gates[1], ask, 11), b"")
            except ConnectionError:
                pass
            self.assertEqual(gate.registers(0, 1), [0x4247])
        with Simulator() as sim:  # and a closed one makes room
            for _ in range(20):
                with Gate(sim.gates[1], 7) as gate:
                    self.assertEqual(gate.registers(0, 1), [0x4247])

    def test_hostile_bytes(self):
        with Simulator() as sim, Gate(sim.gates[0], 1) as gate:
            for data in (b"GET / HTTP/1.1\r\n\r\n", bytes.fromhex("000100010006010300000001"),
                         bytes.fromhex("00010000ffff0103"), bytes.fromhex("000100000000")):
                try:
                    self.assertEqual(raw(sim.gates[0], data, 1), b"", data)
                except ConnectionError:
                    pass
            self.assertEqual(raw(sim.gates[0], bytes.fromhex("0009000000020163"), 9),
                             bytes.fromhex("00090000000301e301"))
            self.assertEqual(raw(sim.gates[0], bytes.fromhex("0009000000060103000000ff"), 9),
                             bytes.fromhex("000900000003018303"))
            # two requests in one segment, one request in many
            two = bytes.fromhex("000100000006010400000001" "000200000006010400010001")
            self.assertEqual(raw(sim.gates[0], two, 22),
                             bytes.fromhex("0001000000050104024247" "0002000000050104024c4e"))
            with socket.create_connection(("127.0.0.1", sim.gates[0]), timeout=5) as s:
                s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                for byte in two[:12]:
                    s.sendall(bytes([byte]))
                self.assertEqual(s.recv(64), bytes.fromhex("0001000000050104024247"))
            self.assertEqual(gate.registers(0, 1), [0x4247])

    def test_a_flood_of_requests(self):
        with Simulator() as sim:
            ask = bytes.fromhex("00010000000601040000007a")
            answer = raw(sim.gates[0], ask * 300, 300 * (9 + 244), timeout=20)
            self.assertEqual(len(answer), 300 * (9 + 244))

    def test_faults(self):
        with Simulator() as sim, Gate(sim.gates[0], 1) as gate:
            fault = lambda word: self.assertEqual(
                sim.call("POST", "/hardware", {"place": "a", "lane": "in-1", "fault": word})[0], 200)
            ask = bytes.fromhex("000100000006010400000001")
            mishap = lambda word, want=200: self.assertEqual(
                sim.call("POST", "/hardware", {"place": "a", "lane": "in-1", "do": word})[0], want)
            fault("silent")
            with self.assertRaises(TimeoutError):
                raw(sim.gates[0], ask, 1, timeout=0.3)
            other = bytes.fromhex("000100000006020400000001")  # the neighbour unit still answers
            self.assertEqual(len(raw(sim.gates[0], other, 11)), 11)
            fault("none")
            fault("cut")
            self.assertEqual(raw(sim.gates[0], ask, 1), b"")
            fault("none")
            fault("photocell")
            self.assertFalse(gate.inputs()[6])
            self.assertEqual(gate.command(CLOSE), 2)
            fault("fire")
            until(lambda: gate.inputs()[3] and gate.inputs()[8], "fire opens")
            fault("none")
            gate.write_coil(10, True)
            mishap("restart")
            self.assertTrue(gate.inputs()[25] and gate.inputs()[3])
            self.assertEqual(gate.registers(22, 1), [2])
            self.assertEqual(gate.registers(120, 2), [0, 0])


if __name__ == "__main__":
    main()
