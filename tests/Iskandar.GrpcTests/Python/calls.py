"""The messages of interop.proto, put into bytes and back by hand, so that no generated code is needed."""

SERVICE = "iskandar.interop.Calls"


def varint(number):
    """A base-128 varint."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def take_varint(data, at):
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return number, at


def number_field(field, number):
    return varint(field << 3) + varint(number) if number else b""


def bytes_field(field, data):
    return varint(field << 3 | 2) + varint(len(data)) + data if data else b""


def fields_of(data):
    """Every field of a message, as (number, value)."""
    at = 0
    while at < len(data):
        key, at = take_varint(data, at)
        value, at = take_varint(data, at)
        if key & 7 == 2:
            value, at = data[at : at + value], at + value
        yield key >> 3, value


def write_ask(sizes=(), payload=0, status=0, message=""):
    packed = b"".join(varint(size) for size in sizes)
    return bytes_field(1, packed) + bytes_field(2, bytes(payload)) + number_field(3, status) + bytes_field(4, message.encode())


def read_ask(data):
    """(sizes, length of the payload, status, message)"""
    sizes, payload, status, message = [], 0, 0, ""
    for number, value in fields_of(data):
        if number == 1:
            at = 0
            while at < len(value):
                size, at = take_varint(value, at)
                sizes.append(size)
        elif number == 2:
            payload = len(value)
        elif number == 3:
            status = value
        elif number == 4:
            message = value.decode()
    return sizes, payload, status, message


def write_answer(size=0, received=0):
    return bytes_field(1, bytes(size)) + number_field(2, received)


def read_answer(data):
    """(length of the payload, received)"""
    found = dict(fields_of(data))
    return len(found.get(1, b"")), found.get(2, 0)
