"""Documents as XML: elements without attributes and namespaces, made from the same models as the JSON.

The element of an object has the name of its schema, and holds an element for each member that is not null. A list is
wrapped, and each item is named after its schema (`<GoodsList><Goods>...`) or its kind (`<string>`). Free-form data,
such as the Data of an event, is JSON as text: XML would lose the types of its values and cannot hold all of its names.
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
    """Return the name of the element that holds a value of this type: `Order`, `ArrayOfOrder`, `string`."""
    shape = bare(shape)
    if get_origin(shape) is list:
        name = element_name(get_args(shape)[0])
        return f"ArrayOf{name[0].upper()}{name[1:]}"
    return schema_name(shape.__name__) if _is_model(shape) else _KINDS.get(shape, "string")


def bare(shape: Any) -> Any:
    """Return the type without `Annotated` and without None."""
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
    """Return the members of a model: from the name in lower case to the name and the type."""
    fields = ((field.alias or name, field.annotation) for name, field in model.model_fields.items())
    return {name.lower(): (name, annotation) for name, annotation in fields}


def write(value: Any, shape: Any) -> bytes:
    """Write a JSON value of type `shape` as an XML document."""
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
    """Parse an XML document into the JSON value that validation of type `shape` expects.

    The document is read as UTF-8 whatever its declaration says. The names of the root and of list items do not matter,
    nor do the letter case and the order of members. Unknown members are kept for validation to judge. An empty element
    is null, or empty text where empty text clears a member. Raise `ValueError` when the text is not XML or has a
    DOCTYPE.
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
    if children:  # an object where a list is due: keep its names, so that validation can report them
        return {_local_name(child): None for child in children}
    if text is None and clear_empty.get():
        return ""
    return _free_form(element, text) if text and get_origin(shape) is dict else text


def _is_object(children: list[etree._Element], item: Any) -> bool:
    """Return whether these are the members of a single item, sent where a list of items is due."""
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
