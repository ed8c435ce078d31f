"""Documents as XML: elements only, without attributes and namespaces, by the fields of the same models as the JSON.

An object has its schema's name and a member element for each member that is not null; a list is wrapped, and its items
have the name of their schema (`<GoodsList><Goods>...`) or of their kind (`<string>`). What is free in form, such as the
Data of an event, is JSON as text: XML would lose the types of its values and could not carry all of its names.
"""

from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, TypeGuard, Union, get_args, get_origin

from lxml import etree
from pydantic import BaseModel

from waybell.wire import exact_numbers
from waybell.wire.model import clear_empty, schema_name, without_controls

_KINDS = {str: "string", int: "int", float: "double", bool: "boolean"}
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


def element_name(shape: Any) -> str:
    """`Order`, `ArrayOfOrder`, `string`: the name of an element that holds a whole value of this annotation."""
    shape = bare(shape)
    if get_origin(shape) is list:
        name = element_name(get_args(shape)[0])
        return f"ArrayOf{name[0].upper()}{name[1:]}"
    return schema_name(shape.__name__) if _is_model(shape) else _KINDS.get(shape, "string")


def bare(shape: Any) -> Any:
    """The annotation without its `Annotated` and its None."""
    if get_origin(shape) is Annotated:
        return bare(get_args(shape)[0])
    if get_origin(shape) in {Union, UnionType}:
        kinds = [kind for kind in get_args(shape) if kind is not NoneType]
        return bare(kinds[0]) if len(kinds) == 1 else Any
    return shape


def _is_model(shape: Any) -> TypeGuard[type[BaseModel]]:
    return isinstance(shape, type) and issubclass(shape, BaseModel)


@cache
def _members(model: type[BaseModel]) -> dict[str, tuple[str, Any]]:
    """The members of a model by their lower case: name and annotation."""
    fields = ((field.alias or name, field.annotation) for name, field in model.model_fields.items())
    return {name.lower(): (name, annotation) for name, annotation in fields}


def write(value: Any, shape: Any) -> bytes:
    """A value as JSON has it, of this annotation, as an XML document."""
    root = etree.Element(element_name(shape))
    _fill(root, value, shape)
    return etree.tostring(root, xml_declaration=True, encoding="utf-8")


def _fill(element: etree._Element, value: Any, shape: Any) -> None:
    shape = bare(shape)
    if isinstance(value, dict) and _is_model(shape):
        known = _members(shape)
        for name, part in value.items():
            if part is not None:
                _fill(etree.SubElement(element, name), part, known.get(name.lower(), (name, Any))[1])
    elif isinstance(value, list) and get_origin(shape) is list:
        item = get_args(shape)[0]
        name = element_name(item)
        for part in value:
            _fill(etree.SubElement(element, name), part, item)
    elif value is not None:
        element.text = without_controls(value if isinstance(value, str) else exact_numbers.write(value).decode())


def read(body: bytes, shape: Any) -> Any:
    """An XML document in UTF-8, whatever it says of itself, as JSON would have it, to be validated by this annotation.

    The name of the root and of items does not matter, nor the letter case and order of members; unknown ones are left
    for validation to judge; an empty element is null, or empty text where that is to clear a member. Raises
    `ValueError` for what is no XML, or has a DOCTYPE.
    """
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise ValueError(error.msg) from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise ValueError("a DOCTYPE is not read here")
    return _value(root, shape)


def _value(element: etree._Element, shape: Any) -> Any:
    shape = bare(shape)
    children = list(element)
    text = (element.text or "").strip() or None
    if element.get(_NIL, "").strip() in {"true", "1"}:
        return None
    if _is_model(shape) and (children or text is None):
        known = _members(shape)
        named = ((_local_name(child), child) for child in children)
        found = ((known.get(name.lower(), (name, Any)), child) for name, child in named)
        return {member: _value(child, annotation) for (member, annotation), child in found}
    if get_origin(shape) is list and (children or text is None):
        item = get_args(shape)[0]
        if not _is_object(children, item):
            return [_value(child, item) for child in children]
    if children:  # an object where none is due: validation says what is
        return {_local_name(child): None for child in children}
    if text is None and clear_empty.get():
        return ""
    return _free_form(element, text) if text and get_origin(shape) is dict else text


def _is_object(children: list[etree._Element], item: Any) -> bool:
    """Whether these are the members of one item, sent where a list of them is due."""
    item = bare(item)
    return _is_model(item) and any(
        child.text and not len(child) and _local_name(child).lower() in _members(item) for child in children
    )


def _free_form(element: etree._Element, text: str) -> Any:
    try:
        return exact_numbers.read(text.encode())
    except ValueError as error:
        raise ValueError(f"{_local_name(element)} holds an object as JSON text, which this is not: {error}") from None


def _local_name(element: etree._Element) -> str:
    return etree.QName(element).localname
