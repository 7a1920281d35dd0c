"""An issue, a masthead and templates come in; the mail comes out: subject, HTML and text.

The same parts make every other mail (confirmations, welcomes, editors' notices) and
the archive page. Nothing here asks the network, the database or the clock; reading
template files, in `Templates`, is the one thing that touches the disk.
"""

from newsletter.render.mails import KINDS, as_test, correction, issue, message, sample, web
from newsletter.render.preview import in_the_dark, without_images
from newsletter.render.templates import Templates

__all__ = [
    "KINDS",
    "Templates",
    "as_test",
    "correction",
    "in_the_dark",
    "issue",
    "message",
    "sample",
    "web",
    "without_images",
]
