"""Finds templates, own ones before packaged ones, and tells what is wrong with one."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateNotFound,
    TemplateSyntaxError,
)
from markupsafe import Markup

from newsletter.errors import NewsletterError, NotFound
from newsletter.markup import markdown
from newsletter.render import text

_CURE = "Mend the template, or remove it from your own folder to use the packaged one."


class Templates:
    """The templates of some folders, first found first taken, with the packaged ones behind.

    A folder holds `mail/<kind>/…` and `mail/parts/…`. HTML templates escape what they
    print; text templates (`.txt`) and style sheets (`.css`) do not.
    """

    def __init__(self, folders: Sequence[Path] = ()) -> None:
        self.folders = (*dict.fromkeys((*map(Path, folders), self.packaged())),)
        self._environment = Environment(
            loader=FileSystemLoader([str(folder) for folder in self.folders]),
            undefined=StrictUndefined,
            autoescape=lambda name: name is None or name.endswith(".html"),
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters["kept"] = _kept
        self._environment.filters["wrap"] = text.wrapped
        self._environment.filters["rule"] = text.rule
        self._environment.filters["markdown"] = lambda words: Markup(markdown(words))

    @staticmethod
    def packaged() -> Path:
        """The folder that comes with the program: in the package, or beside it in a checkout."""
        inside = Path(str(resources.files("newsletter") / "_templates"))
        return inside if inside.is_dir() else inside.parent.parent / "templates"

    def render(self, name: str, /, **values: object) -> str:
        """Fill in one template; raise `NewsletterError` with its file, line and what is wrong."""
        try:
            return self._environment.get_template(name).render(**values)
        except TemplateNotFound as error:
            places = ", ".join(str(folder) for folder in self.folders)
            raise NotFound(
                f"There is no template {error.name} in {places}. "
                "Put it there, or install the newsletter again."
            ) from error
        except TemplateSyntaxError as error:
            where = f"{error.filename or error.name}, line {error.lineno}"
            raise NewsletterError(f"{where}: {_sentence(error.message)} {_CURE}") from error
        except NewsletterError:
            raise
        except Exception as error:
            # A template can go wrong in any way that Python can.
            raise NewsletterError(
                f"{self._place(name, error)}: {_sentence(error)} {_CURE}"
            ) from error

    def _place(self, name: str, error: Exception) -> str:
        """File and line of the innermost template that was at work (Jinja names them in frames)."""
        for frame in reversed(traceback.extract_tb(error.__traceback__)):
            if any(Path(frame.filename).is_relative_to(folder) for folder in self.folders):
                return f"{frame.filename}, line {frame.lineno}"
        return name


def _sentence(what: object) -> str:
    words = str(what).strip().rstrip(".") or type(what).__name__
    return f"{words}."


def _kept(words: str) -> str:
    """Words that stay on one line, without a style that mail programs would have to know."""
    return words.replace(" ", "\N{NO-BREAK SPACE}")
