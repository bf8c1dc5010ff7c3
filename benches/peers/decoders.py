"""Public Python decoders of the same protocols, fed with the streams of the bench.

Run by ./dev bench in a virtual environment of its own, with the folder of the streams and a decoder's name; prints how
many tags came out and how many nanoseconds that took in the fastest pass.
"""
import sys
import time
from pathlib import Path


def uhfreader18(stream):
    from uhfreader18.client import parse_response

    at = tags = 0
    while at < len(stream):
        end = at + stream[at] + 1
        answer = parse_response(stream[at:end])
        tags += answer.data[0]
        at = end
    return tags


def pyimpinj(stream):
    import queue

    from pyImpinj import ImpinjProtocolFactory

    reads = queue.SimpleQueue()
    ImpinjProtocolFactory(reads, queue.SimpleQueue(), address=1).data_received(stream)
    tags = 0
    while not reads.empty():
        tags += reads.get()["type"] == "TAG"
    return tags


def rfid_r200(stream):
    from rfid_r200 import R200

    # Its reading from a port is left out: a buffer with a cut frame at its end loses the frame.
    reader = R200.__new__(R200)
    reader.debug = False
    portion = 40 * (stream[4] + 7)
    tags = 0
    for at in range(0, len(stream), portion):
        tags += len(reader._read_tags(reader._parse_buffer(stream[at : at + portion]))[0])
    return tags


def sllurp(stream):
    from sllurp.llrp import LLRPMessage

    at = tags = 0
    while at < len(stream):
        end = at + int.from_bytes(stream[at + 2 : at + 6], "big")
        message = LLRPMessage(msgbytes=stream[at:end])
        tags += len(message.msgdict["RO_ACCESS_REPORT"]["TagReportData"])
        at = end
    return tags


def llrpkit(stream):
    import llrpkit.protocol.messages  # so that the messages are known
    from llrpkit.protocol.codec import decode_message

    at = tags = 0
    while at < len(stream):
        end = at + int.from_bytes(stream[at + 2 : at + 6], "big")
        tags += len(decode_message(stream[at:end]).tag_report_datas)
        at = end
    return tags


def pyllrp(stream):
    from bitstring import ConstBitStream
    from pyllrp.pyllrp import UnpackMessage

    at = tags = 0
    while at < len(stream):
        end = at + int.from_bytes(stream[at + 2 : at + 6], "big")
        tags += len(UnpackMessage(ConstBitStream(bytes=stream[at:end])).getTagData())
        at = end
    return tags


def mercuryapi(stream):
    sys.exit("it takes no bytes: it asks a module itself")


DECODERS = {
    "python-mercuryapi": (mercuryapi, "mercury.bin"),
    "pyImpinj": (pyimpinj, "r2000.bin"),
    "uhfreader18": (uhfreader18, "uhfreader18.bin"),
    "rfid-r200": (rfid_r200, "m100-aa.bin"),
    "sllurp": (sllurp, "llrp.bin"),
    "pyllrp": (pyllrp, "llrp.bin"),
    "llrpkit": (llrpkit, "llrp.bin"),
}

if __name__ == "__main__":
    run, file = DECODERS[sys.argv[2]]
    stream = (Path(sys.argv[1]) / file).read_bytes()
    fastest, began = None, time.monotonic()
    while fastest is None or time.monotonic() < began + 1:
        pass_began = time.perf_counter_ns()
        tags = run(stream)
        taken = time.perf_counter_ns() - pass_began
        fastest = taken if fastest is None else min(fastest, taken)
    print(tags, fastest, sep="\t")
