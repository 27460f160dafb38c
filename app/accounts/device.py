"""Name a browser and a network so that their owner recognises them. Pure."""

import ipaddress

_BROWSERS = (  # the first that fits: later ones are part of what the earlier ones call themselves
    ("MicroMessenger", "微信"),
    ("DingTalk", "钉钉"),
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Android", "安卓"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


def device_name(agent: str) -> str:
    """Return 「Chrome，Windows」 for a User-Agent header; what is not known is left out."""
    known = [next((name for mark, name in marks if mark in agent), "") for marks in (_BROWSERS, _SYSTEMS)]
    return "，".join(name for name in known if name) or "未知的浏览器"


def place_of(address: str) -> str:
    """Return the network that an address lies in, as much as its owner needs to know it: 113.204.*.*."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "未知网络"
    if found.is_loopback:
        return "本机"
    if found.version == 4:
        first, second, *_rest = str(found).split(".")
        shown = f"{first}.{second}.*.*"
    else:
        shown = ":".join(found.exploded.split(":")[:3]) + ":*"
    return f"内网 {shown}" if found.is_private else f"网络 {shown}"
