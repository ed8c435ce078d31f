"""Where webhooks must not go: each target with what it tries, for tests of the URL check and of the sender.

`{port}` in a URL is the port of a trap, which listens on all addresses of this machine and must hear nothing.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """A URL that is hostile as it stands.

    `arrives`: were every network allowed, it would reach the trap; so a test can see that the trap would tell.
    `names`: the URL check lets it pass, because what the name stands for is known only when it is resolved.
    """

    what: str
    url: str
    arrives: bool = False
    names: bool = False


def _ranges() -> list[Target]:
    """Beginning and end of every range that is not public, and what lies in the middle of some."""
    text = """
    this network            0.0.0.0 0.255.255.255
    private, 10/8           10.0.0.0 10.255.255.255
    carrier-grade NAT       100.64.0.0 100.127.255.255
    loopback                127.0.0.0 127.255.255.255
    link-local, metadata    169.254.0.0 169.254.169.254 169.254.170.2 169.254.255.255
    private, 172.16/12      172.16.0.0 172.31.255.255
    protocol assignments    192.0.0.0 192.0.0.192 192.0.0.255
    documentation 1         192.0.2.0 192.0.2.255
    6to4 relays             192.88.99.0 192.88.99.255
    private, 192.168/16     192.168.0.0 192.168.255.255
    benchmarks              198.18.0.0 198.19.255.255
    documentation 2         198.51.100.0 198.51.100.255
    documentation 3         203.0.113.0 203.0.113.255
    multicast               224.0.0.0 239.255.255.255
    reserved                240.0.0.0 255.255.255.254
    broadcast               255.255.255.255
    metadata, other clouds  100.100.100.200 168.63.129.16
    unspecified             ::
    loopback                ::1
    not given out           ::2 1fff:ffff:: 4000:: 7fff:: 8000:: fe00::
    local NAT64             64:ff9b:1:: 64:ff9b:1:ffff:ffff:ffff:ffff:ffff
    discard                 100:: 100::ffff:ffff:ffff:ffff
    protocol assignments    2001:: 2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff
    documentation           2001:db8:: 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff
    documentation, new      3fff:: 3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff
    segment routing         5f00:: 5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff
    unique local            fc00:: fd00:ec2::254 fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
    link-local              fe80:: febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff
    site-local              fec0:: feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
    multicast               ff00:: ff02::1 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
    """
    found = []
    for line in text.strip().splitlines():
        what, addresses = line[:28].strip(), line[28:].split()
        for address in addresses:
            host = f"[{address}]" if ":" in address else address
            found.append(Target(f"{what}: {address}", f"http://{host}:{{port}}/"))
    return found


def _spelt(what: str, *hosts: str, arrives: bool = False, names: bool = False) -> list[Target]:
    return [Target(f"{what}: {host}", f"http://{host}:{{port}}/", arrives, names) for host in hosts]


LITERALS = [
    *_ranges(),
    *_spelt("loopback", "127.0.0.1", "127.1.2.3", "[0::0:1]", arrives=True),
    *_spelt("unspecified leads to this machine", "0.0.0", "0", "0x0", "00.00", "[0::]", arrives=True),
    *_spelt("decimal", "2130706433", "127.1", "127.0.1", arrives=True),
    *_spelt("octal", "017700000001", "0177.0.0.1", "0177.1", "0000177.0.0.01", arrives=True),
    *_spelt("hexadecimal", "0x7f000001", "0X7F000001", "0x7f.0.0.1", "0x7f.1", "0x0000007f.0x1", arrives=True),
    *_spelt("mixed", "0x7f.0.0.01", "127.0.0.0x1", "0177.0x0.1", arrives=True),
    *_spelt("private, not in dots", "3232235777", "0xc0a80101", "030052000401", "0xa9fea9fe", "2852039166", "10.1"),
    *_spelt("over the edge", "4294967296", "0x17f000001", "127.0.0.256", "127.0.0.0.1", "1.2.3.4.5", "256"),
    *_spelt("not octal", "0188.0.0.1", "127.0.0.08", "08.0.0.1"),
    *_spelt("dot at the end", "127.0.0.1.", "0x7f.1.", "localhost.", arrives=True),
    *_spelt("dots at the end", "127.0.0.1..", "127..1", ".127.0.0.1"),
    *_spelt("many zeros", "[0:0:0:0:0:0:0:1]", "[0000:0000:0000:0000:0000:0000:0000:0001]", "[0::1]", arrives=True),
    *_spelt("mapped", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:FFFF:7F00:0001]", arrives=True),
    *_spelt("mapped, private", "[::ffff:10.0.0.1]", "[::ffff:a9fe:a9fe]", "[::ffff:0.0.0.0]"),
    *_spelt("compatible", "[::127.0.0.1]", "[::7f00:1]", "[::10.0.0.1]", "[::8.8.8.8]"),
    *_spelt("translated", "[::ffff:0:127.0.0.1]", "[::ffff:0:7f00:1]", "[::ffff:0:808:808]"),
    *_spelt("NAT64", "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b::a9fe:a9fe]", "[64:ff9b::a00:1]"),
    *_spelt("6to4", "[2002:7f00:1::]", "[2002:a00:1::1]", "[2002:c0a8:101::c0a8:101]", "[2002:a9fe:a9fe::]"),
    *_spelt("Teredo", "[2001:0:4136:e378:8000:63bf:80ff:fffe]", "[2001::1]"),
    *_spelt("ISATAP", "[2606:4700::5efe:127.0.0.1]", "[2606:4700::200:5efe:10.0.0.1]", "[fe80::5efe:a00:1]"),
    *_spelt("with a zone", "[::1%25lo]", "[::1%25]", "[fe80::1%25lo]", "[::ffff:127.0.0.1%25lo]"),
    *_spelt("with a bare zone", "[::1%lo]", "[fe80::1%eth0]"),
    *_spelt("not in brackets", "::1", "[127.0.0.1]", "[localhost]", "[::1", "[v1.7f000001]", "[::1].example"),
]

NAMES = [
    *_spelt("this machine", "localhost", "LOCALHOST", "LocalHost", arrives=True),
    *_spelt("below localhost", "x.localhost", "127.0.0.1.localhost", "localhost.localhost"),
    *_spelt("full-width digits", "１２７.０.０.１", "127.0.0.１", "0ｘ7ｆ.1"),  # noqa: RUF001
    *_spelt("circled digits", "①②⑦.⓪.⓪.①", "127.0.0.①"),
    *_spelt("superscript and mathematical digits", "¹²⁷.⁰.⁰.¹", "𝟭𝟮𝟳.𝟬.𝟬.𝟭", "𝟙𝟚𝟟.1"),  # noqa: RUF001
    *_spelt("other dots", "127。0。0。1", "127．0．0．1", "127｡0｡0｡1", "127.0.0.1。", "127․0․0․1"),  # noqa: RUF001
    *_spelt("other letters", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "ｌｏｃａｌｈｏｓｔ", "ⅼocalhost", "𝐥𝐨𝐜𝐚𝐥𝐡𝐨𝐬𝐭", "localhoſt"),  # noqa: RUF001
    *_spelt("unseen characters", "local\u00adhost", "127.0.0.1\u200b", "\u2060localhost", "127\u200d.0.0.1"),
    *_spelt("another owner in browsers", "faß.de", "FAẞ.de", "βόλος.com", "na\u200cme.example", "na\u200dme.example"),
    *_spelt("digits of other scripts", "١٢٧.0.0.1", "१२७.0.0.1"),
    *_spelt("percent-encoded", "%31%32%37.0.0.1", "127%2e0%2e0%2e1", "loc%61lhost", "127.0.0.1%00.example.com"),
    *_spelt("confusable letters", "lοcalhost", "locаlhost", "l\u043ecalhost", names=True),  # noqa: RUF001
    *_spelt("other names of this machine", "ip6-localhost", "localhost.localdomain", "localtest.example", names=True),
    *_spelt("names of metadata services", "metadata.google.internal", "metadata", "instance-data", names=True),
    *_spelt("an address in a name", "127.0.0.1.nip.example", "127-0-0-1.example", "7f000001.rbndr.example", names=True),
]

_SCHEMES = """
ftp ftps sftp scp tftp telnet dict gopher gophers ldap ldaps imap imaps pop3 pop3s smtp smtps rtsp rtmp mqtt smb smbs
ws wss h2c unix socks5 jar
"""

SHAPES = [
    Target("a user", "http://good.example@127.0.0.1:{port}/", arrives=True),
    Target("a user and a password", "http://good.example:80@127.0.0.1:{port}/", arrives=True),
    Target("a user with an encoded @", "http://a%40good.example@127.0.0.1:{port}/", arrives=True),
    Target("two @", "http://good.example@x@127.0.0.1:{port}/"),
    Target("an empty user", "http://@127.0.0.1:{port}/", arrives=True),
    Target("a user before a good host", "http://127.0.0.1:{port}@good.example/"),
    Target("a backslash before the host", "http://good.example\\@127.0.0.1:{port}/"),
    Target("backslashes as slashes", "http:\\\\127.0.0.1:{port}\\"),
    Target("a fragment before the host", "http://127.0.0.1:{port}#@good.example/"),
    Target("a query before the host", "http://127.0.0.1:{port}?@good.example/"),
    Target("a semicolon", "http://good.example;127.0.0.1:{port}/"),
    Target("a comma", "http://good.example,127.0.0.1:{port}/"),
    Target("a blank", "http://127.0.0.1 good.example:{port}/"),
    Target("a tab", "http://127.0.0.1\t:{port}/"),
    Target("a line break and a header", "http://127.0.0.1:{port}/ HTTP/1.1\r\nX-Injected: yes\r\n\r\n"),
    Target("a NUL", "http://127.0.0.1:{port}/\0.good.example"),
    Target("one slash", "http:/127.0.0.1:{port}/"),
    Target("three slashes", "http:///127.0.0.1:{port}/"),
    Target("no scheme", "127.0.0.1:{port}/", arrives=True),
    Target("no scheme but slashes", "//127.0.0.1:{port}/"),
    Target("an upper-case scheme", "HTTP://127.0.0.1:{port}/", arrives=True),
    Target("blanks around it", "  http://127.0.0.1:{port}/  "),
    Target("a port with zeros", "http://127.0.0.1:00{port}/", arrives=True),
    Target("a port of other digits", "http://127.0.0.1:８０/"),  # noqa: RUF001
    Target("a port with a sign", "http://127.0.0.1:+{port}/"),
    Target("port 0", "http://good.example:0/"),
    Target("a port that is none", "http://good.example:65536/"),
    Target("a port of another kind", "http://127.0.0.1:http/"),
    Target("two ports", "http://good.example:80:{port}/"),
    *[Target(f"{scheme}, another scheme", f"{scheme}://127.0.0.1:{{port}}/x") for scheme in _SCHEMES.split()],
    Target("a file", "file:///etc/passwd"),
    Target("a file on a host", "file://localhost/etc/passwd"),
    Target("a file behind the view-source", "view-source:http://127.0.0.1:{port}/"),
    Target("data", "data:text/plain,x"),
    Target("a script", "javascript:alert(1)"),
    # Ports of services that take commands by the line.
    *[
        Target(f"port {port} of this machine", f"http://127.0.0.1:{port}/")
        for port in (1, 22, 25, 53, 110, 143, 389, 445, 2375, 3306, 5432, 6379, 9200, 10250, 11211, 27017)
    ],
]

TARGETS = [*LITERALS, *NAMES, *SHAPES]

# What answers try, to lead a sender on; `{there}` is a URL of the trap.
REDIRECTS = [
    *[(status, (("Location", "{there}"),)) for status in (300, 301, 302, 303, 305, 307, 308)],
    (302, (("Location", "//127.0.0.2:{port}/"),)),
    (302, (("Location", "file:///etc/passwd"),)),
    (302, (("Location", "gopher://127.0.0.2:{port}/x"),)),
    (201, (("Location", "{there}"),)),
    (200, (("Refresh", "0; url={there}"),)),
    (200, (("Content-Location", "{there}"), ("Link", "<{there}>; rel=canonical"))),
    (200, (("Alt-Svc", 'h2="127.0.0.2:{port}"; ma=3600'), ("Alt-Svc", 'h3="127.0.0.2:{port}"; ma=3600'))),
    (401, (("WWW-Authenticate", 'Basic realm="x"'), ("Location", "{there}"))),
    (407, (("Proxy-Authenticate", 'Basic realm="x"'), ("Location", "{there}"))),
    (503, (("Retry-After", "0"), ("Location", "{there}"))),
    (101, (("Connection", "Upgrade"), ("Upgrade", "websocket"))),
]
