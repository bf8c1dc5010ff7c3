"""llrpkit's client at a reader: who it is, what it reads, the memory of one tag."""

import asyncio
import json
import sys

from llrpkit.reader import Reader


async def main(host: str, port: int) -> None:
    async with Reader(host, port) as reader:
        known = reader.capabilities
        print(json.dumps({
            "firmware": reader.firmware,
            "antennas": reader.max_antennas,
            "impinj": reader.impinj_extensions_enabled,
            "power_index": known.power_index_for_dbm(20.0),
            "modes": len(known.modes),
            "frequencies": known.fixed_frequencies,
            "temperature": await reader.get_temperature(),
        }), flush=True)
        async for tag in reader.inventory(session=0, include_tid=True, max_tags=40):
            print(json.dumps({
                "epc": tag.epc_hex,
                "antenna": tag.antenna,
                "rssi_dbm": tag.rssi_dbm,
                "tid": tag.tid.hex() if tag.tid else None,
            }), flush=True)
        wrote = await reader.write_memory(bank="user", word_pointer=2, data=bytes.fromhex("c0ffee00"), target_epc=sys.argv[3])
        read = await reader.read_memory(bank="user", word_pointer=2, word_count=2, target_epc=sys.argv[3])
        print(json.dumps({"wrote": [r.status for r in wrote] if isinstance(wrote, list) else wrote.status,
                          "read": read.data.hex()}), flush=True)


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
