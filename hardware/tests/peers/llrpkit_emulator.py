"""llrpkit's reader emulator with a few tags, told by lines on standard input what is to happen."""

import asyncio
import sys

from llrpkit.emulator.core import EmulatedTag, LLRPEmulator

# Of 96 bits and of others: those come in another parameter.
TAGS = [
    EmulatedTag(epc=bytes.fromhex("3034a0130189000000000001"), antennas=(1,), rssi_dbm=-45.0),
    EmulatedTag(epc=bytes.fromhex("3034a0130189000000000002"), antennas=(2,), rssi_dbm=-50.0),
    EmulatedTag(epc=bytes.fromhex("aabbccdd00112233"), antennas=(1,), rssi_dbm=-48.0),
    EmulatedTag(epc=bytes.fromhex("00112233445566778899aabbccddeeff"), antennas=(2,), rssi_dbm=-47.0),
]


class Fussy(LLRPEmulator):
    """Remembers what it refused."""

    refused: list = []

    async def _send(self, msg, *, message_id=0):
        status = getattr(msg, "llrp_status", None)
        if status is not None and int(status.status_code) != 0:
            self.refused.append(f"{type(msg).__name__}:{int(status.status_code)}")
        await super()._send(msg, message_id=message_id)


async def main() -> None:
    emulator = Fussy(tags=TAGS, reads_per_sec=200.0, seed=1)
    await emulator.start()
    print("port", emulator.port, flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        what, *words = line.split()
        if what == "keepalive":
            await emulator.send_keepalive()
            await emulator.wait_keepalive_ack()
            print("acks", emulator.keepalive_acks, flush=True)
        elif what == "antenna":
            await emulator.set_antenna_connected(int(words[0]), words[1] == "1")
            print("done", flush=True)
        elif what == "password":
            emulator.set_tag_passwords(bytes.fromhex(words[0]), access=int(words[1]))
            print("done", flush=True)
        elif what == "left":
            print("left", len(emulator._rospecs), len(emulator._accessspecs), flush=True)
        elif what == "refused":
            print("refused", " ".join(emulator.refused), flush=True)
    await emulator.stop()


asyncio.run(main())
