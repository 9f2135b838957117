# What pypff (PyPI libpff-python 20260926) reads of a file: one JSON line an item.
import datetime, hashlib, json, sys

try:
    import pypff
except ImportError:
    sys.exit(3)


def of(get):
    try:
        return get()
    except Exception:
        return None


def text(value):
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value


def entries(item):
    found = {}
    for at in range(item.number_of_record_sets):
        record_set = item.get_record_set(at)
        for number in range(record_set.number_of_entries):
            entry = record_set.get_entry(number)
            found.setdefault(entry.entry_type, entry)
    return found


def value(found, kind):
    entry = found.get(kind)
    if entry is None:
        return None
    if entry.value_type in (0x1E, 0x1F):
        return of(entry.get_data_as_string)
    if entry.value_type == 0x40:
        return of(entry.get_data_as_integer)
    return None


def filetime(found, kind):
    entry = found.get(kind)
    if entry is None or entry.data is None:
        return None
    return int.from_bytes(entry.data[:8], "little")


def attachment(one):
    size = of(one.get_size)
    data = of(lambda: one.read_buffer(size)) if size else b"" if size == 0 else None
    return hashlib.sha256(data).hexdigest() if data is not None else None


def item(message):
    found = entries(message)
    count = of(message.get_number_of_attachments) or 0
    attached = [message.get_attachment(at) for at in range(count)]
    files = [attachment(one) for one in attached]
    row = {
        "id": message.identifier,
        "subject": of(message.get_subject),
        "sender": of(message.get_sender_name),
        "body": text(of(message.get_plain_text_body)),
        "html": of(message.get_html_body) is not None,
        "submitted": filetime(found, 0x0039),
        "delivered": filetime(found, 0x0E06),
        "message_id": value(found, 0x1035),
        "properties": len(found),
        "files": files,
    }
    print(json.dumps(row))


def folder(one):
    for at in range(one.number_of_sub_messages):
        item(one.get_sub_message(at))
    for at in range(one.number_of_sub_folders):
        folder(one.get_sub_folder(at))


file = pypff.file()
file.open(sys.argv[1])
folder(file.get_root_folder())
for at in range(of(file.get_number_of_orphan_items) or 0):
    print(json.dumps({"orphan": of(lambda: file.get_orphan_item(at).identifier)}))
