"""sllurp's client at a reader: reads tags, reads and writes memory of one, and leaves politely."""

import json
import sys
import threading

from sllurp.llrp import (
    C1G2Read,
    C1G2TargetTag,
    C1G2Write,
    LLRPReaderClient,
    LLRPReaderConfig,
    LLRPReaderState,
)

host, port, target = sys.argv[1], int(sys.argv[2]), sys.argv[3]
config = LLRPReaderConfig({
    "antennas": [1, 2],
    "tx_power": 0,
    "report_every_n_tags": 1,
    "session": 1,
    "tag_content_selector": {
        "EnableAntennaID": True,
        "EnablePeakRSSI": True,
        "EnableFirstSeenTimestamp": True,
        "EnableLastSeenTimestamp": True,
        "EnableTagSeenCount": True,
        "EnableChannelIndex": True,
        "C1G2EPCMemorySelector": {"EnableCRC": True, "EnablePCBits": True},
    },
    "event_selector": {"ROSpecEvent": True, "AntennaEvent": True},
})
reader = LLRPReaderClient(host, port, config)
counted, results = 0, {}
enough, result = threading.Event(), threading.Event()


said = threading.Lock()


def say(what):
    """One line, whole: tags come on a thread of their own."""
    with said:
        print(json.dumps(what), flush=True)


def plain(value):
    return value.decode("latin-1") if isinstance(value, bytes) else value


def on_tags(_reader, tags):
    global counted
    for tag in tags:
        counted += 1
        say({"tag": {name: plain(value) for name, value in tag.items() if not isinstance(value, dict)}})
        for name in ("C1G2ReadOpSpecResult", "C1G2WriteOpSpecResult"):
            if name in tag:
                found = tag[name]
                results[found["OpSpecID"]] = (found["Result"], found.get("ReadData", b"").hex(), found.get("NumWordsWritten"))
                result.set()
    if counted >= 40:
        enough.set()


reader.add_tag_report_callback(on_tags)
reader.add_event_callback(lambda _reader, event: say({"event": sorted(event)}))
reader.connect()
ok = enough.wait(10)
table = reader.llrp.tx_power_table
say({"enough": ok, "powers": [len(table), max(table)],
     "firmware": plain(reader.llrp.capabilities["GeneralDeviceCapabilities"]["ReaderFirmwareVersion"])})
tag = C1G2TargetTag(MB=1, Pointer=32, TagMask="f" * len(target), TagData=target)
for number, operation in enumerate([
    C1G2Read(OpSpecID=11, MB=2, WordPtr=0, WordCount=6),
    C1G2Write(OpSpecID=12, MB=3, WordPtr=1, WriteDataWordCount=2, WriteData=bytes.fromhex("0badcafe")),
    C1G2Read(OpSpecID=13, MB=3, WordPtr=1, WordCount=2),
]):
    result.clear()
    reader.start_access_spec(operation, target_spec=tag, stop_after_count=1, access_spec_id=20 + number)
    result.wait(5)
say({"results": {str(number): found for number, found in results.items()}})
reader.disconnect(timeout=5)
say({"alive": reader.is_alive(), "state": reader.llrp.state == LLRPReaderState.STATE_DISCONNECTED})
