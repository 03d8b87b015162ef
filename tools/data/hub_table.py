"""One table of the files of a split: shards joined, numbers of classes turned into their names, pictures left out."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.data.read import open_table
from tools.errors import BadData

if TYPE_CHECKING:
    import pyarrow

BATCH = 4096  # rows held at once
BINARY = {"Image", "Audio", "Video", "Pdf"}  # the ``datasets`` library's names of such columns
Labels = Mapping[str, Sequence[str]]


def write_table(files: Sequence[Path], labels: Labels, target: Path) -> None:
    """Write the table of some files of one kind.

    Args:
        files: Parquet files, or others that :func:`tools.data.read.open_table` reads.
        labels: column → names of its classes, for files that do not tell them themselves.
        target: ends in ``.parquet`` or ``.jsonl``; a single file without classes is moved there as it is.

    Raises:
        BadData: a file is damaged, they do not fit together, or hold pictures alone.
    """
    if target.suffix == ".parquet":
        _join_parquet(files, labels, target)
    elif len(files) == 1 and not labels:
        files[0].replace(target)
    else:
        _join_rows(files, labels, target)


def _join_parquet(files: Sequence[Path], labels: Labels, target: Path) -> None:
    """Join Parquet files, a batch of rows at a time."""
    import pyarrow as arrow
    import pyarrow.parquet as parquet

    try:
        schemas = [parquet.read_schema(each) for each in files]
        features = _features(schemas)
        fields = _kept(arrow.unify_schemas(schemas, promote_options="permissive"), features, target)
        named = _named(fields, {**labels, **_class_names(features)})
        schema = arrow.schema([_shown(each, named) for each in fields])
        with parquet.ParquetWriter(target, schema) as writer:
            for batch in _batches(files):
                columns = [_column(batch, each, named.get(each.name)) for each in schema]
                writer.write_table(arrow.Table.from_arrays(columns, schema=schema))
    except arrow.ArrowException as error:
        raise BadData(
            f"{target.stem} cannot be read as one Parquet table: {' '.join(str(error).split())[:200]}",
            "Download the data set yourself, and give a file of it.",
        ) from error


def _batches(files: Sequence[Path]) -> Iterator["pyarrow.RecordBatch"]:
    import pyarrow.parquet as parquet

    for path in files:
        with parquet.ParquetFile(path) as file:
            yield from file.iter_batches(BATCH)


def _features(schemas: Sequence["pyarrow.Schema"]) -> dict[str, Any]:
    """What the ``datasets`` library notes of the columns in a Parquet file: JSON under the key ``huggingface``."""
    for schema in schemas:
        try:
            noted = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        except (KeyError, TypeError, ValueError):
            continue
        if isinstance(noted, dict):
            return noted
    return {}


def _class_names(features: Mapping[str, Any]) -> dict[str, list[str]]:
    """Column → names of its classes, also where each row has a list of them."""
    return {name: names for name, feature in features.items() if (names := _names_in(feature))}


def _names_in(feature: Any) -> list[str]:
    if isinstance(feature, list):
        return _names_in(feature[0]) if feature else []
    if not isinstance(feature, dict):
        return []
    if feature.get("_type") == "ClassLabel":
        return [str(each) for each in feature.get("names") or []]
    return _names_in(feature["feature"]) if feature.get("feature") else []


def _kept(
    schema: "pyarrow.Schema", features: Mapping[str, Any], target: Path
) -> list["pyarrow.Field[pyarrow.DataType]"]:
    """The columns without pictures and sounds.

    Raises:
        BadData: nothing to read is left.
    """
    fields = [schema.field(at) for at in range(len(schema))]
    left_out = [each.name for each in fields if _is_binary(each.type) or _noted(each, features) in BINARY]
    kept = [each for each in fields if each.name not in left_out]
    if left_out and not any(_is_text(each.type) for each in kept):
        raise BadData(
            f"{target.stem} holds pictures, sound or other binary data ({', '.join(left_out)}) and no texts.",
            "For pictures, give a zip archive with one folder a label.",
        )
    return kept


def _noted(field: "pyarrow.Field[pyarrow.DataType]", features: Mapping[str, Any]) -> str:
    feature = features.get(field.name)
    return str(feature.get("_type")) if isinstance(feature, dict) else ""


def _is_binary(kind: Any) -> bool:
    import pyarrow.types as types

    plain = types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind)
    return plain or any(_is_binary(each) for each in _inner(kind))


def _is_text(kind: Any) -> bool:
    import pyarrow.types as types

    return (
        types.is_string(kind) or types.is_large_string(kind) or any(_is_text(each) for each in _inner(kind))
    )


def _inner(kind: Any) -> list[Any]:
    """The types inside a list's or struct's type."""
    return [kind.field(at).type for at in range(kind.num_fields)]


def _named(fields: Sequence[Any], names: Labels) -> dict[str, Sequence[str]]:
    """The columns that do hold numbers of classes, with the classes' names."""
    import pyarrow.types as types

    def holds_numbers(kind: Any) -> bool:
        listed = types.is_list(kind) or types.is_large_list(kind)
        return types.is_integer(kind.value_type if listed else kind)

    return {each.name: names[each.name] for each in fields if each.name in names and holds_numbers(each.type)}


def _shown(field: "pyarrow.Field[pyarrow.DataType]", named: Labels) -> "pyarrow.Field[pyarrow.DataType]":
    """A column as it is written: classes as text."""
    import pyarrow as arrow

    if field.name not in named:
        return field.with_nullable(True).remove_metadata()
    text = arrow.string()
    return arrow.field(field.name, text if arrow.types.is_integer(field.type) else arrow.list_(text))


def _column(batch: "pyarrow.RecordBatch", field: Any, names: Sequence[str] | None) -> Any:
    """One column of a batch as the table has it."""
    import pyarrow as arrow

    if field.name not in batch.schema.names:
        return arrow.nulls(batch.num_rows, field.type)
    column = batch.column(field.name)
    if names is None:
        return column if column.type == field.type else column.cast(field.type)
    return arrow.array([class_name(each, names) for each in column.to_pylist()], field.type)


def class_name(value: Any, names: Sequence[str]) -> Any:
    """The name of a class by its number; those of a list one by one. -1 stands for a label that is kept secret.

    >>> class_name([1, -1], ["no", "yes"])
    ['yes', None]
    """
    if isinstance(value, list):
        return [class_name(each, names) for each in value]
    try:
        number = int(str(value))  # of 0.9 or True no number is made
    except ValueError:
        return value
    if number == -1:
        return None
    return names[number] if 0 <= number < len(names) else str(value)


def _join_rows(files: Sequence[Path], labels: Labels, target: Path) -> None:
    """Join files of text rows as JSONL; a column that one of them lacks is empty there."""
    columns = dict.fromkeys(name for each in files for name in _columns(each))
    with target.open("w", encoding="utf-8") as out:
        for path in files:
            info, rows = open_table(path)
            for row in rows:
                found = dict.fromkeys(columns) | dict(zip(info.columns, row, strict=True))
                for name in labels.keys() & found.keys():
                    found[name] = class_name(found[name], labels[name])
                out.write(json.dumps(found, ensure_ascii=False) + "\n")


def _columns(path: Path) -> list[str]:
    """A file's columns, which some kinds know after their first row alone."""
    info, rows = open_table(path)
    list(islice(rows, 1))
    return info.columns
