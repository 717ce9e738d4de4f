"""An element of a resource, read bit by bit: what is left over at the end has no place in a directive."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from pixelpact.chain import Network
from pixelpact.fhir.faults import Faults
from pixelpact.fhir.names import system_of
from pixelpact.fhir.reasons import NO_PLACE, REASONS

__all__ = ["Element"]

_MISSING = "it is missing"


class Element:
    """An object of the resource's JSON, with where it stands.

    Reading goes on after a fault with an empty value, so that a person learns of all faults at once. What is
    inside an element that is missing is not missed a second time.
    """

    def __init__(self, value: object, path: str, faults: Faults) -> None:
        self.path = path
        self._faults = faults
        # What was read is taken out of here.
        self._left: dict[str, Any] = dict(value) if isinstance(value, dict) else {}
        self._inside: list[Element] = []

    def fault(self, name: str, why: str) -> None:
        """Say what is wrong with one of its elements."""
        self._faults.add(f"{self.path}.{name}", why)

    def refuse(self, why: str) -> None:
        """Say what is wrong with it as a whole; of its parts nothing more is said."""
        self._faults.add(self.path, why)
        self._left.clear()
        self._inside.clear()

    def close(self) -> None:
        """Everything that nobody took, here and inside, is a fault."""
        for name in self._left:
            self.fault(name, REASONS.get(name, NO_PLACE))
        for element in self._inside:
            element.close()

    def has(self, name: str) -> bool:
        """Whether there is such an element, not read yet."""
        return name in self._left

    def peek(self, name: str) -> Any:
        """An element's JSON without taking it; None when it is missing."""
        return self._left.get(name)

    def take(self, name: str) -> Any:
        """An element's JSON; None with a fault when it is missing."""
        if name not in self._left:
            self.fault(name, _MISSING)
            return None
        return self._left.pop(name)

    def drop(self, name: str) -> None:
        """Set an element aside that says nothing of the consent."""
        self._left.pop(name, None)

    def text(self, name: str) -> str:
        """A string; empty with a fault when there is none."""
        value = self.take(name)
        if isinstance(value, str):
            return value
        self.fault(name, "it is no text")
        return ""

    def fixed(self, name: str, wanted: str, why: str) -> None:
        """A string that can only be one."""
        if self.text(name) != wanted:
            self.fault(name, why)

    def number(self, name: str, *, bits: int) -> int:
        """A string that is a whole number in digits, without a sign or zeros before it."""
        text = self.text(name)
        if re.fullmatch("0|[1-9][0-9]{0,19}", text) and int(text) < 1 << bits:
            return int(text)
        self.fault(name, f"it is no whole number of at most {bits} bits")
        return 0

    def hexadecimal(self, name: str, length: int) -> bytes:
        """A string that is 0x and hexadecimal digits of so many bytes."""
        text = self.text(name)
        if re.fullmatch(f"0x[0-9a-f]{{{2 * length}}}", text):
            return bytes.fromhex(text[2:])
        self.fault(name, f"it is not 0x and {2 * length} hexadecimal digits")
        return bytes(length)

    def child(self, name: str) -> Element:
        """An object inside; one that nobody misses anything of, with a fault, when there is none."""
        if name not in self._left:
            self.fault(name, _MISSING)
            return self._nothing(name)
        return self._enter(self._left.pop(name), name)

    def children(self, name: str) -> list[Element]:
        """The objects of a list; none when the list is missing."""
        values = self._left.pop(name, [])
        if not isinstance(values, list):
            self.fault(name, "it is no list")
            return []
        return [self._enter(value, f"{name}[{place}]") for place, value in enumerate(values)]

    def only(self, name: str, why: str) -> Element:
        """The one object of a list; ``why`` says what more than one would mean."""
        found = self.children(name)
        for other in found[1:]:
            other.refuse(why)
        if found:
            return found[0]
        self.fault(name, _MISSING)
        return self._nothing(name)

    def extensions(
        self, name: str, once: Collection[str], often: Collection[str] = ()
    ) -> tuple[dict[str, Element], list[Element]]:
        """Its extensions by their URLs; the others are faults.

        Args:
            name: ``extension`` or ``modifierExtension``.
            once: the URLs of those that may be there once.
            often: the URLs of those that may be there any number of times.
        """
        single: dict[str, Element] = {}
        many: list[Element] = []
        for element in self.children(name):
            url = element.text("url")
            if url in often:
                many.append(element)
            elif url in single:
                element.refuse(f"the extension {url} is there twice")
            elif url in once:
                element.path = f"{self.path}.{name}('{url}')"
                single[url] = element
            else:
                element.refuse(f"a directive has no place for the extension {url}")
        return single, many

    def coding(self, system: str) -> str:
        """The code of this very element, a Coding of this system."""
        self.fixed("system", system, f"the codes here are of {system}")
        return self.text("code")

    def concept(self, system: str, wanted: str = "") -> str:
        """The code of this very element, a CodeableConcept with one Coding; ``wanted`` is its only one."""
        coding = self.only("coding", "a second coding could say something else")
        code = coding.coding(system)
        if wanted and code != wanted:
            coding.fault("code", f"it can only be {wanted}")
        return code

    def identified(self, system: str) -> None:
        """See that this very element, an Identifier, is of this system."""
        self.fixed("system", system, f"it is not of {system}: another network's, or of another kind")

    def institution(self, network: Network) -> int:
        """The number of an institution whose Identifier this very element is."""
        self.identified(system_of(network, "institution"))
        return self.number("value", bits=32)

    def digits(self, system: str, length: int) -> bytes:
        """The bytes that this very element, an Identifier of this system, has as its value."""
        self.identified(system)
        return self.hexadecimal("value", length)

    def _enter(self, value: object, name: str) -> Element:
        element = Element(value, f"{self.path}.{name}", self._faults)
        if not isinstance(value, dict):
            element.refuse("it is no object")
        self._inside.append(element)
        return element

    def _nothing(self, name: str) -> Element:
        return Element({}, f"{self.path}.{name}", Faults())
